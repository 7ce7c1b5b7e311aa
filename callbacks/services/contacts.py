"""Writing down that somebody reached us."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Busy, Refused, write
from callbacks.models import CallbackObligation, Contact, Deadline

from .promises import promise_callback

Reason = CallbackObligation.Reason

# How often a call that is neither joined nor made is tried again: others settle the open one in between.
TURNS = 10


class NotInProgress(Refused):
    message = _("Этот разговор уже записал кто-то другой.")
    code = "not_in_progress"


def take_contact(
    *,
    received_at: datetime,
    phone: str = "",
    extension: str = "",
    no_phone_reason: str = "",
    caller_name: str = "",
    channel: str = Contact.Channel.PHONE,
    taken_by: User | None = None,
    ended_as: str | None = None,
    note: str = "",
) -> Contact:
    """Record one reaching of ours. ``phone`` is E.164; empty needs ``no_phone_reason``."""
    return Contact.objects.create(
        received_at=received_at, phone=phone, extension=extension, caller_name=caller_name.strip(), channel=channel,
        no_phone_reason="" if phone else (no_phone_reason or Contact.NoPhone.NOT_GIVEN),
        taken_by=taken_by, ended_as=ended_as, note=note.strip(),
    )  # fmt: skip


@write
def end_talk(*, contact: Contact, ended_as: Contact.EndedAs, note: str = "") -> Contact:
    """Write down a talk that owes nothing: an enquiry answered on the spot, or a wrong number.

    ``contact`` is unsaved, or one that has ended as nothing so far. The same ``intake_key`` again returns what was
    written first. Raises NotInProgress.
    """
    contact.ended_as, contact.note = ended_as, note.strip()
    if contact.pk:
        ended = Contact.objects.filter(pk=contact.pk, ended_as=None).update(
            ended_as=ended_as, note=contact.note, taken_by=contact.taken_by
        )
        if not ended:
            raise NotInProgress
        return contact
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        # The same form sent twice.
        known = Contact.objects.filter(intake_key=contact.intake_key).first() if contact.intake_key else None
        if known is None:
            raise
        return known
    return contact


@write
def record_enquiry(*, received_at: datetime, phone: str, operator: User, note: str) -> Contact:
    """An enquiry answered on the spot (ответ дан сразу): nothing is owed, and it is counted apart."""
    contact = Contact(
        received_at=received_at, phone=phone, no_phone_reason="" if phone else Contact.NoPhone.NOT_GIVEN,
        taken_by=operator,
    )  # fmt: skip
    return end_talk(contact=contact, ended_as=Contact.EndedAs.ENQUIRY, note=note)


@write
def let_ladder_wait(*, promise: CallbackObligation, until: datetime) -> None:
    """A promise written down from paper rings nobody before ``until``: all its rungs may lie in the past.

    Its own time stays what it was: it is overdue and among the first of the queue from the start.
    """
    waiting = Deadline.objects.running().filter(obligation=promise, next_rung_at__lt=until)
    waiting.update(next_rung_at=until)


@write
def record_missed_call(
    *, phone: str, received_at: datetime, at: datetime, extension: str = "", no_phone_reason: str = "",
    recorded_by: User | None = None, reason: CallbackObligation.Reason = Reason.MISSED_CALL, note: str = "",
) -> CallbackObligation:  # fmt: skip
    """Whoever reached us unheard is owed a callback within ten minutes of his arrival.

    ``reason``: a call nobody answered, one that broke off before it was a talk, or a message. Later calls of the same
    number join the open obligation and never move its time.
    """
    contact = take_contact(
        received_at=received_at, phone=phone, extension=extension, no_phone_reason=no_phone_reason,
        taken_by=recorded_by, ended_as=Contact.EndedAs.MISSED, note=note,
        channel=Contact.Channel.MESSAGE if reason == Reason.MESSAGE else Contact.Channel.PHONE,
    )  # fmt: skip
    open_ones = CallbackObligation.objects.outstanding().filter(
        reason__in=CallbackObligation.UNHEARD, number=phone, extension=extension
    )
    for _turn in range(TURNS):
        joined = open_ones.select_for_update(no_key=True).first() if phone else None
        if joined is not None:
            CallbackObligation.objects.filter(pk=joined.pk).update(occurrences=F("occurrences") + 1)
            joined.refresh_from_db()
            return joined
        try:
            with transaction.atomic():
                return promise_callback(contact=contact, reason=reason, promised_at=received_at, at=at)
        except IntegrityError:
            # The same number rang twice at once and the other call was written first: join it.
            continue
    # Found by one question and settled before the next, again and again.
    raise Busy
