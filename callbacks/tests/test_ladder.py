"""Who is asked when a promise is about to break, and when it broke: once per rung, again until somebody answers."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import DutyPost, Role, User
from callbacks.models import (
    Audience,
    CallbackObligation,
    Clock,
    ClockRule,
    Contact,
    Deadline,
    Escalation,
    Heartbeat,
    Outbox,
    Rung,
)
from callbacks.services import (
    acknowledge,
    change_rule,
    claim,
    escalate_overdue_batch,
    finish_attempt,
    promise_callback,
    repeat_unacknowledged,
    rules_in_force,
    start_attempt,
    stop_clock,
    sweep,
)
from callbacks.services.answers import AlreadyAcknowledged
from callbacks.services.promises import new_deadline
from callbacks.services.rules import LawIsFixed, NoAnswerableRung, NoRungs, RungsOutOfOrder
from companies.models import Company, Membership
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    make_contact,
    make_promise,
    member_of,
    on_duty,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
DUE = NOON + 10 * MINUTE
Post = Membership.Post


def asked(**of: Any) -> list[User | None]:
    """Whom the messages on screens were for, of the escalations that ``of`` filters."""
    shown = Outbox.objects.filter(channel="screen", **{f"escalation__{name}": value for name, value in of.items()})
    return [message.recipient for message in shown.select_related("recipient").order_by("pk")]


def work_clock(company: Company | None, *, clock: str = Clock.ACCEPTANCE, operator: User | None = None) -> Deadline:
    """A clock of the work that is due ten minutes after noon."""
    deadline = new_deadline(
        clock=clock, started_at=NOON, due_at=DUE, rules=rules_in_force(), company=company, operator=operator
    )
    deadline.save()
    return deadline


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("seconds", "rungs"), [(-181, []), (-180, ["pool"]), (-1, ["pool"]), (0, ["pool", "supervisor"])]
)
def test_a_rung_rings_at_its_moment_and_not_before(seconds: int, rungs: list[str]) -> None:
    make_promise()
    break_promise(DUE + seconds * SECOND)
    assert list(Escalation.objects.order_by("rung").values_list("audience", flat=True)) == rungs


def test_one_broken_promise_is_escalated_once_per_rung() -> None:
    make_promise()
    for minute in (7, 7, 10, 10, 15, 20, 20, 39, 40, 41, 500):
        break_promise(NOON + minute * MINUTE)
    assert list(Escalation.objects.order_by("rung").values_list("rung", "audience", "is_warning")) == [
        (1, "pool", True),
        (2, "supervisor", False),
        (3, "head", False),
        (4, "ministry", False),
    ]
    assert Deadline.objects.get().next_rung_at is None


def test_a_warning_never_comes_before_half_of_the_time() -> None:
    deadline = make_promise(due_at=NOON + 4 * SECOND).deadline
    assert deadline is not None
    assert deadline.next_rung_at == NOON + 2 * SECOND


def test_a_share_of_the_time_is_reckoned_from_its_length() -> None:
    assert work_clock(CompanyFactory.create(), clock=Clock.FIX).next_rung_at == DUE - 2 * MINUTE


def test_a_kept_promise_rings_nobody() -> None:
    promise = make_promise()
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON)
    finish_attempt(attempt=attempt, outcome="reached", note="Сказали срок", at=NOON + MINUTE)
    assert sweep(at=NOON + 60 * MINUTE) == 0


def test_the_sweep_takes_more_than_one_batch_and_writes_its_heartbeat() -> None:
    contact: Contact = make_contact()
    for _turn in range(60):
        promise_callback(
            contact=contact, reason=CallbackObligation.Reason.FIRST_ANSWER, promised_at=NOON, at=NOON
        )  # fmt: skip
    assert sweep(at=DUE) == 120
    assert Escalation.objects.filter(is_warning=False).count() == 60
    assert Heartbeat.objects.get(name="sweep").beat_at == DUE


def test_a_batch_costs_the_same_queries_however_many_ring(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    on_duty()
    for number in range(40):
        make_promise(phone=f"+7910{number:07}")
    break_promise(DUE - SECOND)
    with django_assert_max_num_queries(16):
        assert escalate_overdue_batch(at=DUE) == 40


# ── Whom ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_warning_is_for_everybody_and_for_him_who_holds_it() -> None:
    holder, promise = UserFactory.create(), make_promise()
    claim(obligation=promise, operator=holder, at=DUE - 200 * SECOND)
    break_promise(DUE - 180 * SECOND)
    assert asked() == [holder, None]
    assert not Outbox.objects.exclude(channel="screen").exists()


def test_the_supervisor_on_duty_is_told_on_screen_and_by_letter() -> None:
    duty = on_duty()
    UserFactory.create(role=Role.SUPERVISOR)
    make_promise()
    break_promise()
    told = Outbox.objects.filter(escalation__is_warning=False).order_by("channel")
    assert list(told.values_list("channel", "recipient")) == [("email", duty.pk), ("screen", duty.pk)]


def test_a_telephone_is_a_channel_where_there_is_a_gateway(settings: Settings) -> None:
    settings.NOTIFY_HOOK_URL = "https://gateway.example.org/"
    on_duty(phone="+79100000077")
    make_promise()
    break_promise()
    assert set(Outbox.objects.filter(escalation__is_warning=False).values_list("channel", flat=True)) == {
        "screen",
        "email",
        "hook",
    }


def test_without_a_roster_every_supervisor_is_told_and_without_supervisors_the_head() -> None:
    head = UserFactory.create(role=Role.HEAD)
    make_promise()
    break_promise()
    assert asked(is_warning=False) == [head]
    supervisors = UserFactory.create_batch(2, role=Role.SUPERVISOR)
    make_promise(phone="+79100000001")
    break_promise()
    assert asked(is_warning=False)[1:] == supervisors


def test_nobody_at_all_leaves_it_on_every_screen() -> None:
    make_promise()
    break_promise()
    assert asked(is_warning=False) == [None]


def test_who_has_no_address_is_stood_in_for_by_the_next_one_up() -> None:
    silent, head = on_duty(email=""), on_duty(DutyPost.HEAD, role=Role.HEAD)
    make_promise()
    break_promise()
    told = Outbox.objects.filter(escalation__rung=2).order_by("channel", "pk")
    assert [(one.channel, one.recipient, one.stands_in_for) for one in told] == [
        ("email", head, silent),
        ("screen", silent, None),
        ("screen", head, silent),
    ]
    assert str(silent) in told[0].body


@pytest.mark.parametrize(
    ("hour", "post"), [(8, Post.NIGHT), (9, Post.DISPATCHER), (17, Post.DISPATCHER), (18, Post.NIGHT)]
)
def test_the_hour_decides_whom_of_the_organisation_an_alarm_asks(hour: int, post: Membership.Post) -> None:
    company = CompanyFactory.create(works_from=time(9), works_to=time(18))
    people = {one: member_of(company, post=one) for one in Post}
    moment = NOON.replace(hour=hour - 3)  # Moscow
    deadline = new_deadline(
        clock=Clock.ACCEPTANCE, started_at=moment - 5 * MINUTE, due_at=moment, rules=rules_in_force(), company=company
    )
    deadline.save()
    escalate_overdue_batch(at=moment)
    assert asked() == [people[post]]


@pytest.mark.parametrize(("works_weekends", "post"), [(False, Post.NIGHT), (True, Post.DISPATCHER)])
def test_on_a_day_off_the_night_duty_is_asked(works_weekends: bool, post: Membership.Post) -> None:
    company = CompanyFactory.create(works_from=time(9), works_to=time(18), works_weekends=works_weekends)
    people = {one: member_of(company, post=one) for one in (Post.DISPATCHER, Post.NIGHT)}
    sunday: datetime = NOON - timedelta(days=1)
    deadline = new_deadline(
        clock=Clock.ACCEPTANCE, started_at=sunday - 5 * MINUTE, due_at=sunday, rules=rules_in_force(), company=company
    )
    deadline.save()
    escalate_overdue_batch(at=sunday)
    assert asked() == [people[post]]


def test_a_silent_organisation_is_asked_rung_by_rung() -> None:
    """DOMAIN §7: its dispatcher and the operator on the ticket, its head, the supervisor."""
    company, operator, duty = CompanyFactory.create(), UserFactory.create(), on_duty()
    dispatcher, head = member_of(company), member_of(company, post=Post.HEAD)
    work_clock(company, operator=operator)
    break_promise(DUE)
    assert asked() == [dispatcher, operator]
    break_promise(DUE + 10 * MINUTE)
    assert asked(rung=3) == [head]
    break_promise(DUE + 30 * MINUTE)
    assert asked(rung=4) == [duty]


# ── A try in time caps the ladder ────────────────────────────────────────────────────────────────────────────────


def tried(promise: CallbackObligation, *, at: datetime, outcome: str = "no_answer") -> CallbackObligation:
    attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=at)
    return finish_attempt(attempt=attempt, outcome=outcome, at=at + SECOND)


def rungs_by(at: datetime) -> list[str]:
    break_promise(at)
    return list(Escalation.objects.filter(is_warning=False).order_by("rung").values_list("audience", flat=True))


def test_an_unreachable_citizen_wakes_nobody_above_the_shift() -> None:
    promise = make_promise()
    for minute in (5, 10, 25):
        promise = tried(promise, at=NOON + minute * MINUTE)
        assert rungs_by(NOON + minute * MINUTE + MINUTE) == (["supervisor"] if minute > 5 else [])
    assert promise.state == "exhausted"
    assert rungs_by(NOON + 600 * MINUTE) == ["supervisor"]


def test_a_retry_that_is_late_lets_the_higher_rungs_ring() -> None:
    promise = tried(make_promise(), at=NOON + 9 * MINUTE)
    assert promise.next_attempt_at is not None
    late = promise.next_attempt_at + 2 * MINUTE
    assert rungs_by(NOON + 20 * MINUTE) == ["supervisor", "head"], late
    assert late < NOON + 20 * MINUTE


def test_while_the_next_try_is_not_late_the_head_sleeps() -> None:
    promise = tried(tried(make_promise(), at=NOON + 5 * MINUTE), at=NOON + 11 * MINUTE)
    assert promise.next_attempt_at is not None
    late = promise.next_attempt_at + 2 * MINUTE
    assert rungs_by(NOON + 20 * MINUTE) == rungs_by(late - SECOND) == ["supervisor"]
    assert rungs_by(late) == ["supervisor", "head"]


@pytest.mark.parametrize(
    ("minute", "outcome", "rungs"),
    [(10, "no_answer", ["supervisor"]), (11, "no_answer", ["supervisor", "head"]),
     (5, "line_fault", ["supervisor", "head"])],
)  # fmt: skip
def test_only_a_counted_try_in_time_caps(minute: int, outcome: str, rungs: list[str]) -> None:
    promise = tried(make_promise(), at=NOON + minute * MINUTE, outcome=outcome)
    CallbackObligation.objects.filter(pk=promise.pk).update(next_attempt_at=NOON + 30 * MINUTE)
    assert rungs_by(NOON + 20 * MINUTE) == rungs


# ── Again, until somebody answers ────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_answers_rings_again_by_its_rule_and_then_no_more() -> None:
    duty = on_duty()
    make_promise()
    break_promise()
    for minute in range(11, 200):
        repeat_unacknowledged(at=NOON + minute * MINUTE)
    escalation = Escalation.objects.get(rung=2)
    assert (escalation.repeats, escalation.repeat_at) == (6, None)
    assert asked(rung=2) == [duty] * 7
    assert list(
        Outbox.objects.filter(escalation=escalation, channel="email").order_by("turn").values_list("turn", flat=True)
    ) == list(range(7))


def test_an_answer_ends_the_ringing_and_carries_a_name() -> None:
    make_promise()
    break_promise()
    escalation, duty = Escalation.objects.get(rung=2), on_duty()
    acknowledge(escalation=escalation, by=duty, at=NOON + 11 * MINUTE, note="звоню сам")
    assert repeat_unacknowledged(at=NOON + 60 * MINUTE) == 0
    with pytest.raises(AlreadyAcknowledged):
        acknowledge(escalation=escalation, by=on_duty(), at=NOON + 12 * MINUTE)
    escalation.refresh_from_db()
    assert (escalation.acknowledged_by, escalation.acknowledged_note) == (duty, "звоню сам")


def test_a_clock_that_stopped_rings_no_more() -> None:
    deadline = work_clock(CompanyFactory.create())
    break_promise(DUE)
    stop_clock(deadline.pk, at=DUE + MINUTE)
    repeat_unacknowledged(at=DUE + 60 * MINUTE)
    assert not Escalation.objects.exclude(repeats=0, repeat_at=None).exists()


def test_an_operator_who_does_not_answer_is_not_asked_alone_again() -> None:
    operator = UserFactory.create()
    work_clock(None, clock=Clock.WAITING_CENTRE, operator=operator)
    break_promise(DUE)
    repeat_unacknowledged(at=DUE + 5 * MINUTE)
    assert asked() == [operator, None]


# ── Changing the rules ───────────────────────────────────────────────────────────────────────────────────────────


def version(length: timedelta | None = 6 * MINUTE, clock: str = Clock.ACCEPTANCE) -> ClockRule:
    return ClockRule(clock=clock, length=length, note="по просьбе организаций")


def step(minutes: float, audience: str = Audience.SUPERVISOR) -> Rung:
    return Rung(offset=minutes * MINUTE, audience=audience)


def test_a_changed_rule_holds_for_clocks_that_start_afterwards() -> None:
    before = work_clock(CompanyFactory.create())
    by = UserFactory.create(role=Role.SUPERVISOR)
    changed = change_rule(rule=version(), rungs=[step(5, Audience.HEAD)], by=by, at=NOON)
    after = work_clock(CompanyFactory.create())
    assert (before.next_rung_at, after.next_rung_at) == (DUE, DUE + 5 * MINUTE)
    assert (after.rule, changed.created_by) == (changed, by)
    assert before.rule is not None
    before.rule.refresh_from_db()
    assert before.rule.retired_at == NOON
    break_promise(DUE)
    assert set(Escalation.objects.values_list("deadline", flat=True)) == {before.pk}


@pytest.mark.parametrize(
    ("rule", "rungs", "refusal"),
    [
        (version(), [], NoRungs),
        (version(), [step(5), step(0)], RungsOutOfOrder),
        (version(), [step(-3)], NoAnswerableRung),
        (version(length=None), [step(0)], LawIsFixed),
        (version(clock=Clock.FIRST_ANSWER), [step(0)], LawIsFixed),
    ],
)
def test_a_rule_that_keeps_nobody_to_anything_is_refused(
    rule: ClockRule, rungs: list[Rung], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        change_rule(rule=rule, rungs=rungs, by=None, at=NOON)
    assert ClockRule.objects.in_force().filter(clock=rule.clock).exists()
