"""Every cell of every report against the rows that its link lists, and what a report says where there is nothing."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Role
from reports.asking import asked_figure
from reports.catalogue import REPORTS, Cell, Report, build
from reports.catalogue.organisations import rating
from reports.figures import FIGURES, NONE
from reports.forms import PeriodForm
from reports.organisation import OWN
from reports.services.reading import Reading, percentile
from tickets.models import Ticket

from .lively import BOTH_DAYS, EVENING, lively_days, of_day
from .test_reports import client_of

pytestmark = pytest.mark.django_db


def cells(report: Report) -> Iterator[Cell]:
    yield from (fact.cell for fact in report.facts)
    for section in report.sections:
        for line in section.all_lines:
            yield from line.cells


def listed(query: str) -> int:
    """How many rows the address lists, read as the list reads it."""
    asked = QueryDict(query)
    form = PeriodForm(asked, now=EVENING)
    assert form.is_valid(), form.errors
    figure, narrowed, _words = asked_figure(asked)
    return int(figure.rows(form.period(), narrowed).count())


def filters() -> dict[str, dict[str, Any]]:
    ticket = Ticket.objects.exclude(company=None).exclude(repeats=0).select_related("building__locality").first()
    assert ticket is not None
    assert ticket.building is not None
    return {
        "nothing": {}, "company": {"company": ticket.company_id}, "category": {"category": ticket.category_id},
        "district": {"district": ticket.building.district_id or ticket.building.locality.district_id or NONE},
        "operator": {"operator": ticket.registered_by_id}, "channel": {"channel": "phone"},
        "emergency": {"emergency": True}, "both": {"emergency": False, "company": ticket.company_id},
    }  # fmt: skip


class TestLivelyDays:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _lived_through(cls, rows_of_class: None) -> None:
        lively_days()

    @pytest.mark.thorough
    @pytest.mark.parametrize("name", REPORTS)
    def test_every_cell_counts_the_rows_that_its_link_lists(self, name: str) -> None:
        known: dict[str, int] = {}
        for narrowed in filters().values():
            for cell in cells(build(name, Reading(BOTH_DAYS, narrowed))):
                if not cell.query:
                    continue
                if cell.query not in known:
                    known[cell.query] = listed(cell.query)
                # What waits now is told of the present, whatever the period.
                if cell.unit == "count":
                    assert known[cell.query] == cell.value, cell.query

    def test_every_figure_is_counted_in_some_report(self) -> None:
        seen = set()
        for name in REPORTS:
            for cell in cells(build(name, Reading(BOTH_DAYS))):
                if cell.query and cell.value:
                    seen.add(parse_qs(cell.query)["cell"][0])
        unseen = {name for name, figure in FIGURES.items() if figure.measure is None} - seen - set(OWN)
        # What the first page alone tells.
        assert unseen == {"now_owed", "now_overdue", "spells"}

    @pytest.mark.parametrize("name", REPORTS)
    def test_a_page_shows_its_report(self, name: str, django_assert_max_num_queries: Any) -> None:
        client = client_of(Role.SUPERVISOR)
        asked = {"from": str(BOTH_DAYS.first), "to": str(BOTH_DAYS.last)}
        with django_assert_max_num_queries(60):
            page = client.get(reverse("reports:report", args=[name]), asked | {"emergency": "no"})
        assert page.status_code == 200
        report = page.context["report"]
        # Calls are about no emergency: of them nothing is left by that condition, and the page says so.
        assert report.is_empty == (name in {"incoming", "access"})
        for section in report.sections:
            assert report.is_empty or f'id="s-{section.code}"' in page.text

    def test_a_cell_leads_to_its_rows(self) -> None:
        client = client_of()
        report = build("organisations", Reading(BOTH_DAYS))
        followed = [cell for cell in cells(report) if cell.query and cell.value][:30]
        for cell in followed:
            page = client.get(f"{reverse('reports:tickets')}?{cell.query}")
            assert page.context["page"].paginator.count == cell.value
        assert len(followed) == 30


@pytest.mark.parametrize("name", REPORTS)
def test_of_nothing_there_is_no_data_and_no_nought_percent(name: str) -> None:
    report = build(name, Reading(of_day()))

    assert report.is_empty
    assert not [cell for cell in cells(report) if cell.unit in {"percent", "mean", "seconds", "hours"} and cell.value]
    page = client_of().get(reverse("reports:report", args=[name]), {"from": "2026-02-02"})
    assert "За этот период ничего нет" in page.text
    assert "0,0" not in page.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "2026-02-03", "to": "2026-02-02"}, "не раньше, чем начинается"),
        ({"from": "вчера"}, "Введите правильную дату"),
        ({"company": "999999"}, "Выберите корректный вариант"),
        ({"company": "a\x00"}, "Проверьте отмеченные поля"),
        ({"channel": "pigeon"}, "Выберите корректный вариант"),
        ({"emergency": "maybe"}, "Выберите корректный вариант"),
    ],
)
def test_a_wrong_choice_is_said(asked: dict[str, str], said: str) -> None:
    page = client_of().get(reverse("reports:report", args=["promise"]), asked)

    assert page.status_code == 400
    assert said in page.text


def test_the_rating_is_its_formula_and_knows_no_data() -> None:
    counts = Counter[str]
    assert rating(counts(handed_over=4, accepted_in_time=4)) is None
    assert str(rating(counts(handed_over=10, accepted_in_time=5))) == "50.0"
    everything = counts(
        handed_over=10, accepted_in_time=5, fix_in_time=3, fix_late=1, done=4, returned=1, marked=2, marks=6
    )
    # (30 × 0,5 + 40 × 0,75 + 10 × 0,75 + 10 × 0,5) ÷ 90
    assert str(rating(everything)) == "63.9"


@pytest.mark.parametrize(
    ("lengths", "part", "expected"),
    [
        ({}, 0.5, None),
        ({5: 1}, 0.5, 5),
        ({2: 1, 4: 1}, 0.5, 3),
        ({1: 2, 10: 2}, 0.5, 5.5),
        ({1: 19, 100: 1}, 0.95, 5.95),
    ],
)
def test_a_percentile_of_counts_is_that_of_the_rows(
    lengths: dict[int, int], part: float, expected: float | None
) -> None:
    found = percentile(Counter(lengths), part)
    assert found == (None if expected is None else pytest.approx(expected))
