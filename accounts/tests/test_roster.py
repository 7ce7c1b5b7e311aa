"""The duty roster: no hour without somebody to ask goes unseen."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import DutyPost, DutyShift, Role, User
from accounts.roster import gaps, read_roster

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(*spans: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(MIDNIGHT + since * HOUR, MIDNIGHT + until * HOUR) for since, until in spans]


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        ([], [(0, 24)]),
        ([(0, 24)], []),
        ([(-5, 30)], []),
        # Touching is no gap, a minute's hole would be one.
        ([(0, 12), (12, 24)], []),
        ([(0, 12), (13, 24)], [(12, 13)]),
        # Overlapping, one inside the other, the same twice, in any order.
        ([(10, 24), (0, 12)], []),
        ([(0, 20), (4, 6), (20, 24)], []),
        ([(0, 20), (4, 6)], [(20, 24)]),
        ([(8, 20), (8, 20)], [(0, 8), (20, 24)]),
        # A gap at both ends.
        ([(8, 20)], [(0, 8), (20, 24)]),
        # What is over, or has not begun, covers nothing.
        ([(-12, 0)], [(0, 24)]),
        ([(24, 36)], [(0, 24)]),
        ([(-12, 1), (23, 36)], [(1, 23)]),
    ],
)
def test_a_gap_is_what_nobody_covers(shifts: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    assert gaps(hours(*shifts), since=MIDNIGHT, until=MIDNIGHT + 24 * HOUR) == hours(*expected)


@pytest.mark.django_db
def test_shifts_and_gaps_follow_each_other_by_post(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    anna = User.objects.create_user("anna", role=Role.SUPERVISOR)
    DutyShift.objects.create(user=anna, post=DutyPost.SUPERVISOR, starts_at=MIDNIGHT + 8 * HOUR,
                             ends_at=MIDNIGHT + 20 * HOUR)  # fmt: skip
    with django_assert_num_queries(1):
        lines = read_roster(since=MIDNIGHT, until=MIDNIGHT + 24 * HOUR)
    assert list(lines) == DutyPost.values
    supervisor = lines[DutyPost.SUPERVISOR]
    assert [line.shift.user if line.shift else None for line in supervisor] == [None, anna, None]
    assert [(line.since, line.until) for line in supervisor] == hours((0, 8), (8, 20), (20, 24))
    assert [line.is_now(MIDNIGHT + 8 * HOUR) for line in supervisor] == [False, True, False]
    assert [(line.since, line.until) for line in lines[DutyPost.MINISTRY]] == hours((0, 24))


@pytest.mark.django_db
def test_somebody_who_has_left_fills_no_gap() -> None:
    gone = User.objects.create_user("gone", role=Role.HEAD, is_active=False)
    DutyShift.objects.create(user=gone, post=DutyPost.HEAD, starts_at=MIDNIGHT, ends_at=MIDNIGHT + 24 * HOUR)
    lines = read_roster(since=MIDNIGHT, until=MIDNIGHT + 24 * HOUR)[DutyPost.HEAD]
    assert [line.counts for line in lines] == [False, False]
    assert any(line.shift is None and (line.since, line.until) == hours((0, 24))[0] for line in lines)
