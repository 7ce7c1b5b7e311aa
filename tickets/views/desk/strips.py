"""What stands above the queue: the newest alarms that wait for this person's answer, and what will break soon."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from tickets.views.asked import DETAILS, Alarm, alarms_from, asked_now, asked_on_screens, warned_of

# The newest few; the rest is a page of its own.
SHOWN_ALARMS = 3
SHOWN_WARNINGS = 2
# What everybody is asked is drawn once for those who ask within so many seconds: they all do when it changes.
DRAWN_FOR = 2


@dataclass(frozen=True, slots=True)
class Strip:
    """``count``: how many wait for this person's answer."""

    alarms: list[Alarm]
    count: int
    warnings: list[Alarm]
    has_more_warnings: bool

    @property
    def has_more(self) -> bool:
        return self.count > len(self.alarms)


def read_strip(user: User, *, at: datetime) -> Strip:
    asked = asked_now(user)
    newest = list(asked.select_related(*DETAILS)[:SHOWN_ALARMS])
    warnings = list(warned_of(user, at=at).select_related(*DETAILS)[: SHOWN_WARNINGS + 1])
    shown = alarms_from([*newest, *warnings], user=user)
    return Strip(
        alarms=shown[: len(newest)],
        count=len(newest) if len(newest) < SHOWN_ALARMS else asked.count(),
        warnings=shown[len(newest) :][:SHOWN_WARNINGS],
        has_more_warnings=len(warnings) > SHOWN_WARNINGS,
    )


_shared: tuple[Hashable, str] = (None, "")
_drawing = threading.Lock()


def draw_strip(user: User, *, at: datetime) -> str:
    """The strip as a part of the queue's page, its forms without a key; for ``drawing.personal()``.

    An alarm that names nobody makes a hundred screens ask in the same moment. Those of whom nothing else is asked all
    see the same, so what they see is told by the alarms themselves.
    """
    global _shared  # noqa: PLW0603  (the last drawing of this process)
    rows = asked_on_screens(at).filter(Q(recipient=user) | Q(recipient=None))
    asked = set(rows.values_list("recipient_id", "escalation_id", "escalation__repeats"))
    if any(recipient is not None for recipient, _escalation, _repeats in asked):
        return _draw(user, at=at)
    key = (int(at.timestamp()) // DRAWN_FOR, frozenset(asked))
    with _drawing:
        if _shared[0] != key:
            _shared = (key, _draw(user, at=at))
        return _shared[1]


def _draw(user: User, *, at: datetime) -> str:
    strip = read_strip(user, at=at)
    told = {"strip": strip, "at": at, "back": reverse("desk:queue"), "own_counts": {"alarms": strip.count or ""}}
    return render_to_string("desk/_strip.html", told)
