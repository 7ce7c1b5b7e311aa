"""How each channel is doing: for the supervisor's page, and for whoever watches the age of what is not sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet

from callbacks import channels
from callbacks.models import CitizenNotice, Envelope, Outbox
from callbacks.models.escalations import UNSENT

# What waits for the next minute's envelope is not late.
PACKED_WITHIN = timedelta(seconds=60)
# A minute for the envelope, another for a server that needed a second try.
LATE_AFTER = 2 * PACKED_WITHIN


@dataclass(frozen=True)
class ChannelState:
    """One channel at a moment; ``waiting`` counts messages, not envelopes."""

    channel: str
    is_configured: bool
    waiting: int
    waiting_since: datetime | None
    # Something waits longer than a healthy channel lets it.
    is_late: bool
    last_sent_at: datetime | None
    last_error: str
    # When the oldest message was written that was tried in vain since something last left.
    failing_since: datetime | None


def channel_states(at: datetime) -> list[ChannelState]:
    """Every channel but the screens, which are reached by the row itself."""
    return [_state(channel, at) for channel in channels.ALL]


def _state(channel: channels.Channel, at: datetime) -> ChannelState:
    envelopes = Envelope.objects.filter(channel=channel.name)
    counted = [
        Outbox.objects.to_pack(channel.name).aggregate(count=Count("pk"), since=Min("created_at")),
        envelopes.filter(UNSENT).aggregate(count=Count("messages"), since=Min("messages__created_at")),
    ]
    postings: list[QuerySet[Envelope] | QuerySet[CitizenNotice]] = [envelopes]
    if channel.name == Outbox.Channel.HOOK:
        notices = CitizenNotice.objects.all()
        counted.append(notices.filter(UNSENT).aggregate(count=Count("pk"), since=Min("created_at")))
        postings.append(notices)
    waiting_since = _first(row["since"] for row in counted)
    last_sent_at = max((each for each in map(_last_sent, postings) if each), default=None)
    failed = [kind.filter(UNSENT).exclude(last_error="") for kind in postings]
    newest = [
        error for kind in failed for error in kind.order_by("-created_at").values_list("created_at", "last_error")[:1]
    ]
    vain = failed if last_sent_at is None else [kind.filter(created_at__gt=last_sent_at) for kind in failed]
    return ChannelState(
        channel=channel.name,
        is_configured=channel.is_configured,
        waiting=sum(row["count"] for row in counted),
        waiting_since=waiting_since,
        is_late=waiting_since is not None and at - waiting_since > LATE_AFTER,
        last_sent_at=last_sent_at,
        last_error=max(newest)[1] if newest else "",
        failing_since=_first(kind.aggregate(since=Min("created_at"))["since"] for kind in vain),
    )


def _last_sent(postings: QuerySet[Envelope] | QuerySet[CitizenNotice]) -> datetime | None:
    # A filter that the partial index serves; a plain maximum would read them all.
    sent = postings.filter(sent_at__isnull=False).order_by("-sent_at")
    return sent.values_list("sent_at", flat=True).first()


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min(filter(None, moments), default=None)


def outbox_age(at: datetime) -> timedelta:
    """How long the oldest message that should have left by ``at`` has been waiting on the configured channels."""
    names = [channel.name for channel in channels.configured()]
    to_pack = Outbox.objects.filter(channel__in=names, sent_at=None, envelope=None)
    waiting = [
        to_pack.filter(created_at__lte=at - PACKED_WITHIN).aggregate(since=Min("created_at")),
        Envelope.objects.filter(UNSENT, channel__in=names).aggregate(since=Min("messages__created_at")),
    ]
    if Outbox.Channel.HOOK in names:
        waiting.append(CitizenNotice.objects.filter(UNSENT).aggregate(since=Min("created_at")))
    return at - (_first(row["since"] for row in waiting) or at)
