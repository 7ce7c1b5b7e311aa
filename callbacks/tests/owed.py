"""What the centre owes to people, made in one line."""

from datetime import datetime, timedelta
from uuid import uuid4

from accounts.models import Role, User
from callbacks.models import CitizenNotice, Escalation, Outbox
from callbacks.services import deliver_outbox_batch, escalate_overdue_batch
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_promise

LATE = NOON + 10 * MINUTE
SECOND = timedelta(seconds=1)
PHONE = "+79105550101"
MAIL, HOOK = Outbox.Channel.EMAIL, Outbox.Channel.HOOK


def escalate() -> None:
    """Raise every rung due by LATE: a clock climbs one at a time."""
    while escalate_overdue_batch(at=LATE):
        pass


def an_escalation() -> Escalation:
    """One that nobody but the screens was told of."""
    make_promise()
    escalate()
    return Escalation.objects.latest("rung")


def owe(*people: User, channel: str = MAIL, about: Escalation, first: int = 1, count: int = 1) -> None:
    """``count`` messages to each of ``people``; the rungs' repeats tell them apart."""
    Outbox.objects.bulk_create(
        Outbox(
            escalation=about, turn=number, channel=channel, recipient=person, key=uuid4(), created_at=LATE,
            subject=f"Обещание центра: срок 12:10. Дом {number}", body=f"Дом {number}\nСтупень 1.",
        )
        for person in people
        for number in range(first, first + count)
    )  # fmt: skip


def owe_a_notice(text: str = "Не дозвонились вам по заявке. Наш телефон 56-56-02.") -> CitizenNotice:
    return CitizenNotice.objects.create(
        obligation=make_promise(phone=PHONE), by=UserFactory.create(role=Role.SUPERVISOR), text=text, key=uuid4(),
        created_at=LATE, next_try_at=LATE,
    )  # fmt: skip


def mail(at: datetime = LATE) -> int:
    return deliver_outbox_batch(at=at, channel=MAIL)


def hand_over(at: datetime = LATE) -> int:
    return deliver_outbox_batch(at=at, channel=HOOK)
