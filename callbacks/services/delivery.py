"""Sending what is owed to people, at least once, and hearing that they took it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import override

from accounts.writes import write
from callbacks import channels
from callbacks.models import ChannelTurn, CitizenNotice, Envelope, Outbox

log = structlog.get_logger(__name__)

BATCH = 50
# How long a process keeps a channel for itself: longer than a silent server costs, and not for ever when it is killed.
TURN_LEASE = timedelta(seconds=20)
# Waits after the first, second… failure; the last one repeats.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
# An alarm of yesterday helps nobody: the screen keeps it.
USELESS_AFTER = timedelta(days=1)
# A letter names so many alarms; the screen shows all of them.
LISTED = 100

Posting = Envelope | CitizenNotice


class NoAddress(Exception):
    """The recipient has lost his address on this channel since the message was written."""


def deliver_outbox_batch(*, at: datetime, channel: str, limit: int = BATCH) -> int:
    """Make one turn of a channel: pack what waits, send up to ``limit`` of what is due; returns how many left.

    No transaction is open while a server talks. A process killed between the server's «taken» and our note of it
    sends the same once more under the same key. A server that is silent ends the turn instead of costing its time-out
    per message; what one message is refused for does not stop the others.
    """
    way = channels.named(channel)
    if not way.is_configured:
        return 0
    with _alone(way, at=at) as alone:
        if not alone:
            return 0
        pack(channel=channel, at=at)
        return _send_due(way, at=at, limit=limit)


@contextmanager
def _alone(way: channels.Channel, *, at: datetime) -> Iterator[bool]:
    """Whether this process has the channel for itself; so a hanging server holds one of them, never all.

    A turn that outlasts its lease meets another process: envelopes are lent one by one, so nothing leaves twice.
    """
    until = at + TURN_LEASE
    turns = ChannelTurn.objects.filter(channel=way.name)
    ChannelTurn.objects.bulk_create([ChannelTurn(channel=way.name, held_until=at)], ignore_conflicts=True)
    if not turns.filter(held_until__lte=at).update(held_until=until):
        yield False
        return
    try:
        yield True
    finally:
        turns.filter(held_until=until).update(held_until=at)


@write
def pack(*, channel: str, at: datetime) -> int:
    """Put what waits for each person into an envelope of this minute; returns how many messages were packed.

    Whoever has an envelope of this minute already gets the rest in the next one: the first alarm leaves at once, and
    what comes with it leaves together. An envelope is never added to, so that a second try says what the first said.
    """
    waiting = list(
        Outbox.objects.to_pack(channel).select_for_update(skip_locked=True).values_list("pk", "recipient_id")
    )
    # In one order everywhere, or two processes would wait for each other's envelopes for ever.
    recipients = sorted({recipient for _pk, recipient in waiting})
    keys = {recipient: uuid4() for recipient in recipients}
    minute = at.replace(second=0, microsecond=0)
    Envelope.objects.bulk_create(
        [
            Envelope(
                channel=channel, recipient_id=recipient, minute=minute, key=keys[recipient], created_at=at,
                next_try_at=at,
            )
            for recipient in recipients
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    packed = 0
    for envelope in Envelope.objects.filter(key__in=keys.values()):
        mine = [pk for pk, recipient in waiting if recipient == envelope.recipient_id]
        packed += Outbox.objects.filter(pk__in=mine).update(envelope=envelope)
    return packed


def _send_due(way: channels.Channel, *, at: datetime, limit: int) -> int:
    sent = 0
    with way.open(at=at) as send:
        for _turn in range(limit):
            posting = take_posting(channel=way.name, patience=way.patience, at=at)
            if posting is None:
                break
            try:
                send(_parcel(way, posting))
            except NoAddress:
                _abandon(posting, "no address", at=at)
            except channels.ParcelRefused as refusal:
                _put_off(posting, str(refusal), at=at)
            except channels.Unreachable as silence:
                _put_off(posting, str(silence), at=at)
                log.warning("channel_unreachable", channel=way.name)
                break
            else:
                sent += note_sent(posting=posting, at=at)
    return sent


@write
def take_posting(*, channel: str, patience: timedelta, at: datetime) -> Posting | None:
    """One message due by ``at``, lent to the caller: nobody else is offered it while it is being tried."""
    posting: Posting | None = (
        Envelope.objects.to_send(channel, at)
        .select_related("recipient")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if posting is None and channel == Outbox.Channel.HOOK:
        posting = (
            CitizenNotice.objects.filter(sent_at=None, abandoned_at=None, next_try_at__lte=at)
            .order_by("next_try_at")
            .select_related("obligation")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
    if posting is not None:
        posting.next_try_at = at + max(_wait_after(posting.tries), patience)
        posting.tries += 1
        posting.save(update_fields=["next_try_at", "tries"])
    return posting


def _wait_after(failures: int) -> timedelta:
    return BACK_OFF[min(failures, len(BACK_OFF) - 1)]


def _abandon(posting: Posting, reason: str, *, at: datetime) -> None:
    unsent = type(posting).objects.filter(pk=posting.pk, sent_at=None)
    unsent.update(abandoned_at=at, last_error=reason[:300])
    log.warning("message_abandoned", posting=posting.pk, reason=reason)


def _put_off(posting: Posting, reason: str, *, at: datetime) -> None:
    if at - posting.created_at > USELESS_AFTER:
        _abandon(posting, reason, at=at)
        return
    # Somebody else may be at it again, if this try took longer than anybody thought: his note stands.
    type(posting).objects.filter(pk=posting.pk, sent_at=None, tries=posting.tries).update(
        next_try_at=at + _wait_after(posting.tries - 1), last_error=reason[:300]
    )


@write
def note_sent(*, posting: Posting, at: datetime) -> int:
    """Write down that ``posting`` left, with everything in it; 0 when that was known already."""
    noted = type(posting).objects.filter(pk=posting.pk, sent_at=None).update(sent_at=at, last_error="")
    if noted and isinstance(posting, Envelope):
        posting.messages.filter(sent_at=None).update(sent_at=at)
    return noted


def _parcel(way: channels.Channel, posting: Posting) -> channels.Parcel:
    """What is handed over, the same at every try. Composed in Russian, whoever reads it."""
    if isinstance(posting, CitizenNotice):
        return _addressed(posting.key, posting.obligation.number, "", posting.text, posting.created_at)
    messages = list(posting.messages.order_by("pk"))
    with override("ru"):
        subject, text = _words_of(messages)
    page = "portal" if posting.recipient.is_of_company else "desk/alarms"
    text = f"{text}\n\n{settings.PUBLIC_URL}/{page}/"
    return _addressed(posting.key, way.address_of(posting.recipient), subject, text, posting.created_at)


def _addressed(key: UUID, address: str, subject: str, text: str, created_at: datetime) -> channels.Parcel:
    if not address:
        raise NoAddress
    # A line break that somebody typed into an address must not become a header of a letter.
    return channels.Parcel(key, address, " ".join(subject.split()), text, created_at)


def _words_of(messages: list[Outbox]) -> tuple[str, str]:
    """Subject and text of one message, or of the list that many of them become."""
    if len(messages) == 1:
        return messages[0].subject, messages[0].body
    if not any(message.escalation_id for message in messages):
        subject = _t("Новое: %(count)s. %(first)s") % {"count": len(messages), "first": messages[0].subject}
    else:
        subject = _t("Тревоги: %(count)s. %(first)s") % {"count": len(messages), "first": messages[0].subject}
    lines = [f"{number}. {message.subject}" for number, message in enumerate(messages[:LISTED], start=1)]
    if len(messages) > LISTED:
        lines.append(_t("и ещё %(count)s на экране тревог") % {"count": len(messages) - LISTED})
    return subject[:200], "\n".join(lines)
