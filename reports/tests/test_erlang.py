"""Erlang's formulas against published values, against each other at their limits, and far out."""

from math import exp, inf, isfinite

import pytest

from reports.erlang import (
    Fate,
    Work,
    answered_within,
    blocked,
    lines_for,
    mean_wait,
    operators_for_promise,
    operators_for_share,
    waits,
    with_abandonment,
)

# 1000 calls an hour of four minutes.
PLANNED = 1000 * 240 / 3600


# ── Published values ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("load", "lines"), [(8.108, 15), (84.06, 100)])
def test_the_table_of_one_percent(load: float, lines: int) -> None:
    assert blocked(load, lines) == pytest.approx(0.01, abs=2e-5)


def test_lines_for_33_erlangs_at_one_percent() -> None:
    assert blocked(33.33, 45) <= 0.01 < blocked(33.33, 44)


@pytest.mark.parametrize(
    ("load", "operators", "talk", "waiting", "served", "wait"),
    [(1000 * 120 / 3600, 40, 120, 0.1907, 0.9372, 3.43), (10, 14, 180, 0.1741, 0.8884, 7.84)],
)
def test_everybody_waits(load: float, operators: int, talk: float, waiting: float, served: float, wait: float) -> None:
    assert waits(load, operators) == pytest.approx(waiting, abs=5e-5)
    assert answered_within(load, operators, talk=talk, seconds=20) == pytest.approx(served, abs=5e-5)
    assert mean_wait(load, operators, talk=talk) == pytest.approx(wait, abs=5e-3)


def test_who_waits_hangs_up() -> None:
    fate = with_abandonment(48, 50, talk=60, patience=120)

    assert fate.abandons == pytest.approx(0.0309, abs=5e-5)
    assert fate.wait == pytest.approx(3.71, abs=5e-3)
    assert fate.blocked == 0


def test_what_a_hundred_lines_are_planned_for() -> None:
    operators = operators_for_share(PLANNED, talk=240, share=0.8, seconds=20)

    assert operators == 74
    assert lines_for(PLANNED, operators, talk=240, patience=120, share=0.001) == 87


# ── The formulas meet at their limits ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("load", "operators"), [(0.5, 1), (10, 14), (33.3, 40), (180, 200)])
def test_when_nobody_hangs_up_a_is_c(load: float, operators: int) -> None:
    patient = with_abandonment(load, operators, talk=60, patience=1e9)

    assert patient.waits == pytest.approx(waits(load, operators), rel=1e-5)
    assert patient.wait == pytest.approx(mean_wait(load, operators, talk=60), rel=1e-5)
    assert with_abandonment(load, operators, talk=60) == Fate(
        0, waits(load, operators), 0, mean_wait(load, operators, talk=60)
    )


@pytest.mark.parametrize(("load", "operators"), [(0.5, 1), (10, 14), (50, 40), (180, 200)])
def test_when_patience_is_a_talk_the_calls_are_poisson(load: float, operators: int) -> None:
    term, below = exp(-load), 0.0
    for number in range(operators):
        below += term
        term *= load / (number + 1)

    assert with_abandonment(load, operators, talk=60, patience=60).waits == pytest.approx(1 - below, rel=1e-8)


@pytest.mark.parametrize(("load", "operators"), [(0.5, 1), (8.108, 15), (50, 40), (1000, 1000)])
def test_without_a_place_to_wait_a_is_b(load: float, operators: int) -> None:
    fate = with_abandonment(load, operators, talk=60, patience=120, lines=operators)

    assert fate.blocked == pytest.approx(blocked(load, operators), rel=1e-12)
    assert (fate.waits, fate.abandons, fate.wait) == (0, 0, 0)


def test_lines_without_end_are_many_lines() -> None:
    endless, many = (with_abandonment(60, 50, talk=60, patience=90, lines=lines) for lines in (None, 500))

    assert endless.abandons == pytest.approx(many.abandons, rel=1e-9)
    assert endless.wait == pytest.approx(many.wait, rel=1e-9)
    # What they cannot talk to hangs up: 60 erlangs come, 50 at most are served.
    assert 1 - 50 / 60 < endless.abandons < 0.2


# ── Far out and at nothing ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("operators", [0, 1, 2, 100, 1999, 2000])
@pytest.mark.parametrize("load", [1e-9, 0.5, 99.9, 1950.0, 2000.0, 5000.0])
def test_every_share_is_one(load: float, operators: int) -> None:
    fate = with_abandonment(load, operators, talk=240, patience=120, lines=operators + 50)
    shares = [blocked(load, operators), waits(load, operators), fate.blocked, fate.waits, fate.abandons]
    shares.append(answered_within(load, operators, talk=240, seconds=20))

    assert all(0 <= share <= 1 for share in shares)
    assert isfinite(fate.wait)
    assert fate.wait >= 0


@pytest.mark.parametrize(("load", "operators"), [(10, 10), (10, 9), (1, 0)])
def test_who_cannot_cope_keeps_everybody_waiting(load: float, operators: int) -> None:
    assert waits(load, operators) == 1
    assert answered_within(load, operators, talk=60, seconds=600) == 0
    assert mean_wait(load, operators, talk=60) == inf


def test_nobody_calls() -> None:
    assert blocked(0, 5) == 0
    assert waits(0, 5) == 0
    assert with_abandonment(0, 0, talk=60, patience=60) == Fate(0, 0, 0, 0)
    assert operators_for_share(0, talk=60, share=0.8, seconds=20) == 0
    assert lines_for(0, 0, talk=60, share=0.001) == 0


def test_one_operator_and_one_line_more_are_never_worse() -> None:
    served = [answered_within(60, people, talk=240, seconds=20) for people in range(55, 90)]
    busy = [with_abandonment(60, 65, talk=240, patience=120, lines=lines).blocked for lines in range(1, 100)]

    assert served == sorted(served)
    assert busy == sorted(busy, reverse=True)


# ── How many are needed ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("load", [0.1, 3, 33.3, 66.7, 400, 1900])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.99])
def test_one_operator_fewer_is_too_few(load: float, share: float) -> None:
    needed = operators_for_share(load, talk=240, share=share, seconds=20)

    assert answered_within(load, needed, talk=240, seconds=20) >= share
    assert answered_within(load, needed - 1, talk=240, seconds=20) < share


def test_lines_are_as_few_as_do() -> None:
    needed = lines_for(30, 25, talk=240, patience=120, share=0.001)

    assert with_abandonment(30, 25, talk=240, patience=120, lines=needed).blocked <= 0.001
    assert with_abandonment(30, 25, talk=240, patience=120, lines=needed - 1).blocked > 0.001


def test_no_number_of_lines_helps_where_nobody_hangs_up() -> None:
    with pytest.raises(ValueError, match="never cope"):
        lines_for(30, 30, talk=240, share=0.001)


def test_the_promise_counts_the_ring_backs_as_work() -> None:
    live = Work(calls=1000, talk=240)
    owing = Work(calls=1000, talk=240, owed=0.5, ring_talk=120)

    assert [live.load, live.whole_load, live.mean_talk] == pytest.approx([PLANNED, PLANNED, 240])
    # Half of them are rung for two minutes more: a quarter of the work again, in pieces of 200 seconds.
    assert [owing.load, owing.whole_load, owing.mean_talk] == pytest.approx([PLANNED, PLANNED * 1.25, 200])
    # Ten minutes are long: little more than the work itself is asked for, and never less.
    assert operators_for_promise(live, late=0.01, promise=600) == 69
    assert operators_for_promise(owing, late=0.01, promise=600) == 85
    assert operators_for_promise(Work(0, 240), late=0.01, promise=600) == 0
