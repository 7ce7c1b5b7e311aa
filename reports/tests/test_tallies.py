"""What was counted beforehand is what the rows say, whatever happened to them since."""

from datetime import date, timedelta
from typing import Any

import pytest

from callbacks.models import CallbackObligation
from reports.cubes import CUBES, SUBJECTS, keys_of, version_of
from reports.figures import FIGURES
from reports.models import CountedRow, RolledDay, StaleDay, Tally
from reports.period import Period
from reports.queries import overview
from reports.services.reading import Reading
from reports.services.tallies import _add_up, _of_one_base, check_tallies, rebuild_tallies, refresh_tallies
from tickets.models import Ticket
from tickets.tests.factories import MINUTE, NOON, make_promise, make_ticket

from .lively import BOTH_DAYS, DAY, EVENING, lively_days, talk
from .test_reports import numbers

pytestmark = pytest.mark.django_db

TOMORROW = NOON + timedelta(days=1)
# Both lively days are over by then.
LATER = Period(BOTH_DAYS.first, BOTH_DAYS.last, EVENING + timedelta(days=2))


class TestLivelyDays:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _lived_through(cls, rows_of_class: None) -> None:
        lively_days()

    def test_counted_rows_tell_what_the_rows_tell(self) -> None:
        found = {name: of_rows(name) for name in SUBJECTS}

        refresh_tallies(at=LATER.at, whole=True)

        for name, subject in SUBJECTS.items():
            keys = keys_of(subject)
            assert [Reading(LATER).counted(figures, keys) for figures in bases(name)] == found[name], name
            assert all(found[name]), name
        assert set(CountedRow.objects.values_list("subject", flat=True)) == set(SUBJECTS)

    def test_every_cube_tells_what_the_rows_tell(self) -> None:
        refresh_tallies(at=LATER.at, whole=True)
        # As if the month had no other days.
        for subject in SUBJECTS.values():
            for month in {LATER.first.replace(day=1), LATER.last.replace(day=1)}:
                _add_up(subject, month, LATER.at, version_of(subject))

        for cube in CUBES:
            tallied = sum(sum(tally.counts) for tally in Tally.objects.filter(cube=cube.name))
            rows = Reading(Period(date(2026, 1, 1), DAY + timedelta(days=1), LATER.at))
            said = sum(
                rows.read_rows(figures, cube.keys)[key].total()
                for figures in bases(cube.subject.name, cube.figures)
                for key in rows.read_rows(figures, cube.keys)
            )
            # What is open is no part of a cube.
            still_open = sum(
                rows._read(figures, cube.keys, {}, cube.subject.open, days=1)[key].total()
                for figures in bases(cube.subject.name, cube.figures) if cube.subject.open is not None
                for key in rows._read(figures, cube.keys, {}, cube.subject.open, days=1)
            )  # fmt: skip
            assert tallied == said - still_open > 0, cube.name

    def test_the_page_is_the_same_from_counts_and_from_rows(self) -> None:
        before = {number.query: number.count for number in numbers(overview(LATER))}

        refresh_tallies(at=LATER.at, whole=True)

        assert {number.query: number.count for number in numbers(overview(LATER))} == before
        assert max(before.values()) > 0

    def test_as_of_a_moment_before_the_last_change_the_rows_are_asked(self) -> None:
        refresh_tallies(at=LATER.at, whole=True)
        as_it_was = {number.query: number.count for number in numbers(overview(BOTH_DAYS))}
        CountedRow.objects.all().delete()
        RolledDay.objects.all().delete()

        assert {number.query: number.count for number in numbers(overview(BOTH_DAYS))} == as_it_was

    def test_counting_twice_or_anew_changes_nothing(self) -> None:
        refresh_tallies(at=LATER.at, whole=True)
        rows = tallies()

        assert refresh_tallies(at=LATER.at, whole=True) == 0
        rebuild_tallies(at=LATER.at)

        assert tallies() == rows
        assert not check_tallies(at=LATER.at)

    def test_narrowed_by_every_filter_counts_are_the_rows(self) -> None:
        refresh_tallies(at=LATER.at, whole=True)
        ticket = Ticket.objects.exclude(company=None).select_related("building__locality").first()
        assert ticket is not None
        assert ticket.building is not None
        for name, value in {
            "company": ticket.company_id, "category": ticket.category_id, "emergency": True, "channel": "phone",
            "operator": ticket.registered_by_id, "district": ticket.building.locality.district_id or "none",
        }.items():  # fmt: skip
            read = Reading(LATER, {name: value})
            for cube in CUBES:
                if name not in cube.keys:
                    continue
                for figures in bases(cube.subject.name):
                    assert read.counted(figures) == read.read_rows(figures, ()), (name, figures)


def bases(name: str, figures: tuple[str, ...] | None = None) -> list[tuple[str, ...]]:
    """The figures of a subject that are counted among the same rows."""
    wanted = set(figures if figures is not None else FIGURES)
    found = [tuple(one for one in names if one in wanted) for names in _of_one_base(SUBJECTS[name])]
    return [names for names in found if names]


def of_rows(name: str) -> list[Any]:
    return [Reading(LATER).read_rows(figures, keys_of(SUBJECTS[name])) for figures in bases(name)]


def tallies() -> list[tuple[Any, ...]]:
    return [
        row
        for model in (CountedRow, Tally)
        for row in sorted(
            model.objects.values_list(*(f.attname for f in model._meta.concrete_fields if f.attname != "id")), key=str
        )
    ]


def test_a_disagreement_is_named() -> None:
    make_ticket()
    refresh_tallies(at=TOMORROW, whole=True)
    CountedRow.objects.filter(subject="tickets").update(figures=31)

    wrong = check_tallies(at=TOMORROW)
    assert [(found.subject, found.day, found.counted) for found in wrong] == [("tickets", DAY, 5)]


def test_a_month_is_added_up_when_all_its_days_are_counted() -> None:
    make_ticket()
    after = NOON + timedelta(days=40)
    refresh_tallies(at=after, whole=True)
    february = Period(DAY.replace(day=1), DAY.replace(day=28), after)

    assert not RolledDay.objects.filter(is_month=True, day=DAY.replace(day=1)).exists()
    # The centre began on the second of the month; a contact of its first day makes the month whole.
    make_promise(at=NOON - timedelta(days=1), phone="+79100000001")
    refresh_tallies(at=after, whole=True)

    assert RolledDay.objects.filter(is_month=True, day=february.first).count() == len(SUBJECTS)
    CountedRow.objects.all().delete()
    assert Reading(february).counted(("promised",))[()]["promised"] == 2


# ── Marks ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def counted() -> Ticket:
    """A ticket of a day that is over and counted."""
    ticket = make_ticket()
    refresh_tallies(at=TOMORROW, whole=True)
    assert not stale()
    return ticket


def stale() -> set[str]:
    return set(StaleDay.objects.filter(day=DAY).values_list("subject", flat=True))


def test_a_talk_of_the_next_day_makes_the_promises_of_the_day_stale(counted: Ticket) -> None:
    talk(counted.callback, at=TOMORROW)

    assert "promises" in stale()
    assert Reading(Period(DAY, DAY, TOMORROW + MINUTE)).counted(("kept_late",))[()]["kept_late"] == 1
    refresh_tallies(at=TOMORROW + MINUTE, whole=True)
    assert not stale()
    assert Reading(Period(DAY, DAY, TOMORROW + MINUTE)).counted(("kept_late",))[()]["kept_late"] == 1
    # As of the evening before nobody had talked.
    assert not Reading(Period(DAY, DAY, EVENING)).counted(("kept_late",))


@pytest.mark.parametrize("change", [{"is_emergency": True}, {"repeats": 3}, {"text": "Другое описание."}])
def test_only_what_is_counted_makes_a_day_stale(counted: Ticket, change: dict[str, Any]) -> None:
    Ticket.objects.filter(pk=counted.pk).update(**change)

    assert stale() == (set() if "text" in change else {"tickets", "promises", "handovers", "works", "events"} & stale())
    assert bool(stale()) == ("text" not in change)


def test_a_change_that_no_service_made_is_counted_too(counted: Ticket) -> None:
    Ticket.objects.filter(pk=counted.pk).update(is_emergency=True)

    emergencies = Reading(Period(DAY, DAY, TOMORROW)).counted(("emergencies",))
    assert emergencies[()]["emergencies"] == 1


def test_todays_rows_leave_no_mark() -> None:
    from accounts import clock

    now = clock.now()
    make_promise(at=now - MINUTE, phone="+79100000005")

    assert not StaleDay.objects.filter(day=now.date()).exists()


def test_figures_of_another_edition_are_not_believed(counted: Ticket) -> None:
    RolledDay.objects.update(version="former")
    CountedRow.objects.update(figures=0)

    assert Reading(Period(DAY, DAY, TOMORROW)).counted(("registered",))[()]["registered"] == 1
    refresh_tallies(at=TOMORROW, whole=True)
    assert not check_tallies(at=TOMORROW)


def test_what_waits_is_read_and_never_counted_beforehand(counted: Ticket) -> None:
    promise = CallbackObligation.objects.get()
    assert promise.due_at is not None
    as_of = {NOON + 3 * MINUTE: "open_in_time", TOMORROW: "overdue"}
    for at, name in as_of.items():
        assert Reading(Period(DAY, DAY, at)).counted((name,))[()][name] == 1
