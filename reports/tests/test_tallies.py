"""What was counted beforehand is what the rows say, whatever happened to them since."""

from datetime import timedelta
from typing import Any

import pytest

from callbacks.models import CallbackObligation
from reports.cubes import CUBES, SUBJECTS
from reports.models import RolledDay, StaleDay, Tally
from reports.period import Period
from reports.queries import overview
from reports.services.reading import Reading
from reports.services.tallies import check_tallies, rebuild_tallies, refresh_tallies
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

    def test_every_cube_tells_what_the_rows_tell(self) -> None:
        read = Reading(LATER).read_rows
        found = {cube.name: read(cube.figures, cube.keys) for cube in CUBES}

        refresh_tallies(at=LATER.at, whole=True)

        for cube in CUBES:
            assert Reading(LATER).counted(cube.figures, cube.keys) == found[cube.name], cube.name
        assert {cube.name for cube in CUBES} == set(Tally.objects.values_list("cube", flat=True).distinct())

    def test_the_page_is_the_same_from_counts_and_from_rows(self) -> None:
        before = {number.query: number.count for number in numbers(overview(LATER))}

        refresh_tallies(at=LATER.at, whole=True)

        assert {number.query: number.count for number in numbers(overview(LATER))} == before
        assert max(before.values()) > 0

    def test_as_of_a_moment_before_the_last_change_the_rows_are_asked(self) -> None:
        refresh_tallies(at=LATER.at, whole=True)
        as_it_was = {number.query: number.count for number in numbers(overview(BOTH_DAYS))}
        Tally.objects.all().delete()
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
                for figure in cube.figures:
                    listed = read.counted((figure,))
                    assert listed == read.read_rows((figure,), ()), (name, figure)


def tallies() -> list[tuple[Any, ...]]:
    names = [field.attname for field in Tally._meta.concrete_fields if field.attname != "id"]
    return sorted(Tally.objects.values_list(*names), key=str)


def test_a_disagreement_is_named() -> None:
    make_ticket()
    refresh_tallies(at=TOMORROW, whole=True)
    Tally.objects.filter(cube="tickets").update(counts=[5] * 5)

    wrong = check_tallies(at=TOMORROW)
    assert [(found.cube, found.day, found.counted) for found in wrong] == [("tickets", DAY, 25)]


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
    Tally.objects.filter(is_month=False).delete()
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
    Tally.objects.update(counts=[99] * 30)

    assert Reading(Period(DAY, DAY, TOMORROW)).counted(("registered",))[()]["registered"] == 1
    refresh_tallies(at=TOMORROW, whole=True)
    assert not check_tallies(at=TOMORROW)


def test_what_waits_is_read_and_never_counted_beforehand(counted: Ticket) -> None:
    promise = CallbackObligation.objects.get()
    assert promise.due_at is not None
    as_of = {NOON + 3 * MINUTE: "open_in_time", TOMORROW: "overdue"}
    for at, name in as_of.items():
        assert Reading(Period(DAY, DAY, at)).counted((name,))[()][name] == 1
