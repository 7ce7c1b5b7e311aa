"""Rungs, rules and messages (I6)."""

from typing import Any

import pytest
from django.db import connection

from callbacks.models import ClockRule, Deadline, Envelope, Escalation, Outbox, Rung
from callbacks.services import (
    acknowledge,
    start_attempt,
)
from callbacks.services.attempts import finish_attempt
from tests.invariants.attacks import (
    DEADLINE,
    ESCALATION,
    forbidden,
    insert_rung,
    kept_promise,
    refused,
    set_,
)
from tickets.tests.factories import (
    MINUTE,
    NOON,
    UserFactory,
    break_promise,
    make_promise,
    on_duty,
)

pytestmark = pytest.mark.django_db


# ── I6: rungs ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rung_never_rings_early_or_in_the_future() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    due = deadline.next_rung_at
    assert insert_rung(deadline, rung=1, due=due, raised=NOON) == "escalation_never_early"
    assert insert_rung(deadline, rung=1, due=due, raised=NOON.replace(year=2199)) == "escalation_never_early"
    assert insert_rung(deadline, rung=1, due=NOON, raised=NOON) == "escalation_of_running_clock"
    assert insert_rung(deadline, rung=2, due=due, raised=due) == "escalation_of_running_clock"
    # What comes before the deadline is a warning, and nothing else is.
    assert insert_rung(deadline, rung=1, due=due, raised=due, is_warning=False) == "escalation_of_running_clock"


def test_a_rung_without_its_message_is_refused() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    assert insert_rung(deadline, rung=1, due=deadline.next_rung_at, raised=deadline.due_at) == "escalation_has_message"


def test_a_rung_rings_once() -> None:
    make_promise()
    break_promise()
    deadline = Deadline.objects.get()
    assert insert_rung(deadline, rung=2, due=NOON + 10 * MINUTE, raised=NOON + 10 * MINUTE, is_warning=False) in {
        "escalation_once_per_rung",
        "escalation_of_running_clock",
    }


def test_a_rung_of_a_kept_promise_is_refused() -> None:
    deadline = kept_promise().deadline
    assert deadline is not None
    rule = insert_rung(deadline, rung=1, due=NOON + 7 * MINUTE, raised=NOON + 10 * MINUTE)
    assert rule == "escalation_of_running_clock"


def test_a_rung_may_not_be_skipped() -> None:
    deadline = make_promise().deadline
    assert deadline is not None
    rule = set_(DEADLINE, deadline.pk, next_rung=2, next_rung_at=NOON + 20 * MINUTE)
    assert rule == "deadline_rung_was_raised"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"repeats": 2}, "escalation_repeats_unanswered"),
        ({"repeats": 1}, "escalation_has_message"),
        ({"is_warning": True}, "escalation_is_fixed"),
        ({"acknowledged_at": NOON}, "escalation_acknowledged_by_name"),
    ],
)
def test_a_rung_rings_again_one_by_one_and_tells_somebody(columns: dict[str, Any], rule: str) -> None:
    make_promise()
    break_promise()
    assert set_(ESCALATION, Escalation.objects.get(rung=2).pk, **columns) == rule


def test_an_answered_rung_does_not_ring_again() -> None:
    make_promise()
    break_promise()
    escalation = Escalation.objects.get(rung=2)
    acknowledge(escalation=escalation, by=on_duty(), at=NOON + 11 * MINUTE)
    assert set_(ESCALATION, escalation.pk, repeats=1) == "escalation_repeats_unanswered"
    assert set_(ESCALATION, escalation.pk, repeat_at=NOON + 20 * MINUTE) == "escalation_answered_rings_no_more"


def test_a_rung_of_a_stopped_clock_does_not_ring_again() -> None:
    promise = make_promise()
    break_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON + 11 * MINUTE)
    finish_attempt(attempt=attempt, outcome="reached", note="Поговорили", at=NOON + 12 * MINUTE)
    assert set_(ESCALATION, Escalation.objects.get(rung=2).pk, repeats=1) == "escalation_repeats_unanswered"


# ── A rule is a version and never rewritten ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "columns", [{"length": 20 * MINUTE}, {"source": "иначе"}, {"note": "иначе"}, {"created_at": NOON}]
)
def test_a_version_is_not_rewritten(columns: dict[str, Any]) -> None:
    rule = ClockRule.objects.in_force().get(clock="acceptance")
    assert set_("callbacks_clockrule", rule.pk, **columns) == "clock_rule_is_fixed"
    rung = Rung.objects.filter(rule=rule).first()
    assert rung is not None
    assert set_("callbacks_rung", rung.pk, audience="head") == "clock_rule_is_fixed"


def test_a_version_in_force_gets_no_further_rung() -> None:
    ClockRule.objects.filter(clock="acceptance").update(retired_at=NOON)
    with connection.cursor() as cursor:
        # As if another transaction had written it: rungs come with their rule or never.
        cursor.execute(
            "INSERT INTO callbacks_clockrule (clock, source, mark, note, created_at)"
            " VALUES ('acceptance', 'x', 'D', '', now() - interval '1 day') RETURNING id"
        )
        row = cursor.fetchone()
    assert row is not None
    rule = refused(
        'INSERT INTO callbacks_rung (rule_id, number, "offset", audience, repeat_times)'
        " VALUES (%s, 1, interval '0', 'head', 0)",
        row[0],
    )
    assert rule == "clock_rule_is_fixed"


def test_one_version_is_in_force() -> None:
    rule = refused("INSERT INTO callbacks_clockrule (clock, source, mark, note) VALUES ('fix', 'x', 'D', '')")
    assert rule == "clock_rule_one_in_force"


def test_a_running_clock_keeps_its_version() -> None:
    promise = make_promise()
    other = ClockRule.objects.in_force().get(clock="fix")
    assert promise.deadline_id is not None
    assert set_(DEADLINE, promise.deadline_id, rule_id=other.pk) == "deadline_is_fixed"


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_leaves_in_one_envelope_and_once() -> None:
    duty = on_duty()
    make_promise()
    break_promise()
    letter = Outbox.objects.get(channel="email")
    assert set_("callbacks_outbox", letter.pk, sent_at=NOON) == "outbox_is_fixed"
    envelopes = [
        Envelope.objects.create(
            channel="email", recipient=duty, minute=NOON + number * MINUTE, key=f"{number:032}", next_try_at=NOON
        )
        for number in range(2)
    ]
    Outbox.objects.filter(pk=letter.pk).update(envelope=envelopes[0])
    assert set_("callbacks_outbox", letter.pk, envelope_id=envelopes[1].pk) == "outbox_is_fixed"
    assert set_("callbacks_envelope", envelopes[1].pk, minute=NOON) == "envelope_is_fixed"
    Envelope.objects.filter(pk=envelopes[0].pk).update(sent_at=NOON)
    assert set_("callbacks_envelope", envelopes[0].pk, sent_at=None) == "envelope_is_fixed"
    rule = refused(
        "INSERT INTO callbacks_envelope (channel, recipient_id, minute, key, next_try_at, tries, last_error)"
        " VALUES ('email', %s, %s, gen_random_uuid(), %s, 0, '')",
        duty.pk,
        NOON,
        NOON,
    )
    assert rule == "envelope_once_per_minute"


@pytest.mark.parametrize("table", ["clockrule", "rung", "envelope", "citizennotice", "outbox", "escalation"])
def test_nothing_of_it_is_deleted(table: str) -> None:
    forbidden(f"DELETE FROM callbacks_{table}")
