"""What the rehearsals of faults call a miss: a judge that lets things through would be worse than none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError

from accounts.writes import Busy

from .chaos.attack import Row
from .chaos.faults import FAULTS
from .chaos.races import race
from .chaos.rig import Batch, Count, Letters
from .chaos.tally import Result, Tally

NOON = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def result(*, guarded: bool = True, deadlocks: int = 0, broken: int = 0, tally: Tally | None = None) -> Result:
    return Result(guarded, tally or Tally(), 1.0, deadlocks, {"I6": broken} if broken else {})


def row(*, late: float = 0.0, after_recovery: float = 0.0, lost: int = 0, keeper: bool = True) -> Row:
    count = Count(due=1, raised=1 - lost, lost=lost, doubled=0, late=[late], after_recovery=after_recovery)
    return Row(FAULTS["worker"], keeper, Batch(NOON, NOON, {}, [], []), count, [])


# ── Races ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("ran", "is_miss"),
    [
        (result(), False),
        (result(broken=1), True),
        (result(deadlocks=1), True),
        (result(guarded=False, broken=1), False),
        # A run that finds nothing where nothing guards has proved nothing.
        (result(guarded=False), True),
    ],
)
def test_with_guards_nothing_may_be_illegal_and_without_them_something_must_be(ran: Result, is_miss: bool) -> None:
    assert ran.is_miss == is_miss


def test_only_whoever_writes_in_haste_may_be_told_by_the_database_itself() -> None:
    tally = Tally()
    tally.note("hasty keep", IntegrityError("final"))
    tally.note("keep", Busy())
    assert not result(tally=tally).is_miss
    tally.note("keep", IntegrityError("final"))
    tally.note("hasty keep", OperationalError("deadlock detected"))
    assert result(tally=tally).misses == 2


@pytest.mark.parametrize(("minutes_later", "operator", "twice"), [(0, 2, 1), (1, 2, 0), (0, 1, 0)])
def test_a_call_has_one_holder_until_his_lease_lapses(minutes_later: int, operator: int, twice: int) -> None:
    later = NOON + minutes_later * MINUTE
    tally = Tally(claims={(7, 0, NOON, NOON + MINUTE, 1), (7, 0, later, later + 2 * MINUTE, operator)})
    assert tally.won_twice == twice


def test_a_promise_settled_by_two_is_illegal() -> None:
    tally = Tally()
    tally.winners["settled", 7] = 2
    assert result(tally=tally).is_miss


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("measured", "letters", "is_miss"),
    [
        (row(late=5.0), Letters(0, 0), False),
        (row(late=5.1), Letters(0, 0), True),
        (row(lost=1), Letters(0, 0), True),
        (row(), Letters(1, 0), True),
        (row(), Letters(0, 1), True),
        # Without the keeper only what comes after the recovery counts.
        (row(late=14.0, after_recovery=4.0, keeper=False), Letters(0, 0), False),
        (row(late=14.0, after_recovery=4.1, keeper=False), Letters(0, 0), True),
    ],
)
def test_a_figure_beyond_its_limit_is_a_miss(measured: Row, letters: Letters, is_miss: bool) -> None:
    assert measured.line(letters)[1] == is_miss


@pytest.mark.slow
def test_everybody_races_for_the_same_rows_and_only_the_guards_keep_them_legal() -> None:
    guarded, unguarded = race(operations=1_000, seed=1)
    assert not guarded.is_miss, list(guarded.details())
    assert not unguarded.is_miss
