"""Writing down that somebody reached us."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from accounts.writes import Busy, write
from callbacks.models import CallbackObligation, Contact

from .promises import promise_callback

Reason = CallbackObligation.Reason

# How often a call that is neither joined nor made is tried again: others settle the open one in between.
TURNS = 10


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
    intake_key: UUID | None = None,
) -> Contact:
    """Record one reaching of ours. ``phone`` is E.164; empty needs ``no_phone_reason``."""
    return Contact.objects.create(
        received_at=received_at, phone=phone, extension=extension, caller_name=caller_name.strip(), channel=channel,
        no_phone_reason="" if phone else (no_phone_reason or Contact.NoPhone.NOT_GIVEN),
        taken_by=taken_by, ended_as=ended_as, note=note.strip(), intake_key=intake_key,
    )  # fmt: skip


@write
def record_enquiry(
    *, received_at: datetime, phone: str, operator: User, note: str, no_phone_reason: str = "", extension: str = "",
    caller_name: str = "", intake_key: UUID | None = None,
) -> Contact:  # fmt: skip
    """An enquiry answered on the spot (ответ дан сразу): nothing is owed, and it is counted apart."""
    if intake_key and (known := Contact.objects.filter(intake_key=intake_key).first()):
        return known
    return take_contact(
        received_at=received_at, phone=phone, extension=extension, no_phone_reason=no_phone_reason,
        caller_name=caller_name, taken_by=operator, ended_as=Contact.EndedAs.ENQUIRY, note=note, intake_key=intake_key,
    )  # fmt: skip


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
