"""Several promises to one person, settled in one talk; each finished work with a verdict of its own."""

from typing import Any

import pytest

from callbacks.models import CallbackObligation
from tickets.models import Ticket
from tickets.services import move_ticket, record_ring_back
from tickets.services.calls import Undone, Verdict, VerdictRequired
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, make_promise, make_ticket, member_of
from tickets.tests.test_talks import control_of, done_ticket

pytestmark = pytest.mark.django_db
State = CallbackObligation.State


def talk(ticket: Ticket, obligation: CallbackObligation, **given: Any) -> None:
    record_ring_back(
        obligation=obligation, outcome="reached", operator=ticket.registered_by, at=NOON + 5 * MINUTE,
        **({"note": "Обо всём"} | given),
    )  # fmt: skip


def test_each_finished_work_has_its_own_verdict() -> None:
    first, second, third = done_ticket(), done_ticket(), make_ticket()
    one, two = control_of(first), control_of(second)
    verdicts = {one.pk: Verdict(True, mark=5), two.pk: Verdict(False, undone=Undone.AGAIN, words="Опять темно", mark=2)}

    talk(first, one, also=[two, third.callback], verdicts=verdicts)

    for ticket in (first, second, third):
        ticket.refresh_from_db()
    assert (first.status, first.mark) == ("closed", 5)
    assert (second.status, second.mark, second.returns) == ("returned", 2, 1)
    returned = second.events.get(step="return_to_work")
    assert returned.note == "Сделали, но снова не работает. Опять темно"
    assert returned.details == {"mark": "2", "undone": "again"}
    assert third.callback.state == State.KEPT
    assert not CallbackObligation.objects.outstanding().filter(pk__in=[one.pk, two.pk]).exists()


def test_a_finished_work_is_not_settled_in_passing() -> None:
    ticket, other = done_ticket(), make_ticket()
    with pytest.raises(VerdictRequired):
        talk(other, other.callback, also=[control_of(ticket)])
    assert control_of(ticket).state == State.OPEN


def test_what_was_settled_meanwhile_does_not_stop_the_talk() -> None:
    first, second = make_ticket(), make_ticket()
    talk(second, second.callback, note="Уже сказали")
    talk(first, first.callback, also=[second.callback])
    second.callback.refresh_from_db()
    assert (first.callback.attempts.count(), second.callback.settled_by.note) == (1, "Уже сказали")  # type: ignore[union-attr]


def test_the_term_of_every_ticket_talked_about_is_told() -> None:
    tickets = []
    for _number in range(2):
        company = CompanyFactory.create()
        ticket = make_ticket(company=company)
        move_ticket(
            ticket=ticket, step="accept", actor=member_of(company), at=NOON + MINUTE, planned_at=NOON + 90 * MINUTE
        )
        tickets.append(ticket)
    first, second = tickets
    talk(first, first.callback, also=[second.callback])
    assert Ticket.objects.filter(term_told_at=NOON + 5 * MINUTE).count() == 2


def test_a_mark_without_a_ticket_waits_for_nobody() -> None:
    promise = make_promise()
    ticket = done_ticket()
    talk(ticket, promise, verdicts={promise.pk: Verdict(True, mark=5)})
    ticket.refresh_from_db()
    assert ticket.mark is None


@pytest.mark.parametrize(
    ("verdict", "note"),
    [
        (Verdict(False, undone=Undone.NOBODY_CAME), "Никто не приходил. Обо всём"),
        (Verdict(False, undone=Undone.OTHER, words="Не тот кран"), "Не тот кран"),
        (Verdict(False), "Обо всём"),
    ],
)
def test_the_organisation_reads_what_is_to_be_mended(verdict: Verdict, note: str) -> None:
    ticket = done_ticket()
    control = control_of(ticket)
    talk(ticket, control, verdicts={control.pk: verdict})
    assert ticket.events.get(step="return_to_work").note == note
