"""Sending what is owed to people, at least once, and hearing that they took it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import Escalation, Outbox

BATCH = 50
# Waits after the first, second… failure; the last one repeats.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))


class AlreadyAcknowledged(Refused):
    message = _("Эту эскалацию уже принял другой человек.")
    code = "already_acknowledged"


@write
def take_letters(*, at: datetime, limit: int) -> list[Outbox]:
    """Letters due by ``at``, lent to the caller: nobody else is offered them until their next try is due."""
    letters = list(
        Outbox.objects.to_send(at)
        .filter(channel=Outbox.Channel.EMAIL)
        .select_related("recipient")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    # A silent server costs its time-out per letter; until all have been tried nobody else is offered them.
    lent = timedelta(seconds=settings.EMAIL_TIMEOUT) * len(letters) if len(letters) > 1 else timedelta()
    for letter in letters:
        letter.next_try_at = at + max(BACK_OFF[min(letter.tries, len(BACK_OFF) - 1)], lent)
        letter.tries += 1
    Outbox.objects.bulk_update(letters, ["next_try_at", "tries"])
    return letters


def deliver_outbox_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Send letters that are due; returns how many left. A silent server is tried again with growing waits.

    No transaction is open while the server talks. A process killed between the server's «250» and our note of it
    sends the letter again under the same Message-ID.
    """
    sent = 0
    connection = get_connection()
    for letter in take_letters(at=at, limit=limit):
        assert letter.recipient is not None
        page = "portal" if letter.recipient.is_of_company else "desk/alarms"
        message = EmailMessage(
            subject=letter.subject,
            body=f"{letter.body}\n\n{settings.PUBLIC_URL}/{page}/",
            to=[letter.recipient.email],
            headers={"Message-ID": f"<{letter.key}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"},
            connection=connection,
        )
        try:
            connection.open()
            message.send()
        except Exception as error:  # whatever is wrong with one letter, the others are sent
            Outbox.objects.filter(pk=letter.pk).update(last_error=f"{type(error).__name__}: {error}"[:300])
        else:
            sent += Outbox.objects.filter(pk=letter.pk, sent_at=None).update(sent_at=at, last_error="")
    connection.close()
    return sent


@write
def acknowledge(*, escalation: Escalation, by: User, at: datetime, note: str = "") -> None:
    """A named person takes the escalation on; the second one is told, not obeyed."""
    taken = Escalation.objects.filter(pk=escalation.pk, acknowledged_at=None).update(
        acknowledged_by=by, acknowledged_at=at, acknowledged_note=note.strip()[:500]
    )
    if not taken:
        raise AlreadyAcknowledged
    alarms.tell_screens("alarms")
