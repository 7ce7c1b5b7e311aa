"""«После 18», «через час», «завтра с 9»: when a caller asks to be rung, as operators type it."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from callbacks.calendar import REGION

# The same words stand on the buttons: what is pressed is what would have been typed.
QUICK = (_("через час"), _("после 18:00"), _("завтра с 9:00"))

_WEEKDAYS = (
    "пн|понедельник",
    "вт|вторник",
    "ср|сред[ау]",
    "чт|четверг",
    "пт|пятниц[ау]",
    "сб|суббот[ау]",
    "вс|воскресенье",
)
_DAYS = (("послезавтра", 2), ("завтра", 1), ("сегодня", 0), ("after tomorrow", 2), ("tomorrow", 1), ("today", 0))
# What a part of the day means to whoever waits for a call.
_PARTS = (
    ("утром|с утра|morning", time(9)), ("в обед|обед|noon", time(13)), (r"дн[её]м|afternoon", time(14)),
    ("вечером|evening", time(18)),
)  # fmt: skip
_IN = re.compile(
    r"^(?:через|in)\s+(?:(?P<word>полчаса|полтора часа|час|half an hour|an hour)"
    r"|(?P<count>\d{1,3})\s*(?P<unit>м\w*|m\w*|ч\w*|h\w*|д\w*|d\w*))$"
)
_WORDS = {
    "полчаса": 30, "half an hour": 30, "час": 60, "an hour": 60, "полтора часа": 90,
}  # fmt: skip
_UNITS = {"м": 1, "m": 1, "ч": 60, "h": 60, "д": 1440, "d": 1440}
_TIME = re.compile(r"(?:^|\s)(\d{1,2})(?:[:.\- ](\d{2}))?(?:\s*(?:ч|час\w*))?(?:\s+(утра|дня|вечера))?$")
_DATE = re.compile(r"^(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?(?:\s+|$)")
_BETWEEN = re.compile(r"^(?:(?:в|во|с|со|к|около|после|не раньше|at|from|after)\s+)+")
# At such an hour without «утра» nobody means the night.
_EARLY = 8


def later_from_words(text: str, *, at: datetime) -> datetime | None:
    """The moment that somebody means who says ``text`` at ``at``; None when it is not understood."""
    words = " ".join(text.lower().replace("ё", "е").split()).rstrip(".")
    local = at.astimezone(REGION)
    if found := _IN.match(words):
        minutes = _WORDS[found["word"]] if found["word"] else int(found["count"]) * _UNITS[found["unit"][0]]
        return at + timedelta(minutes=minutes)
    if re.match(r"^\d{4}-", words):
        return _as_written(text.strip())
    day, rest = _day_of(words, today=local.date())
    clock = _clock_of(_BETWEEN.sub("", rest), is_today=day in (None, local.date()), now=local.time())
    if clock is None:
        return datetime.combine(day, time(9), tzinfo=REGION) if day and day > local.date() and not rest else None
    moment = datetime.combine(day or local.date(), clock, tzinfo=REGION)
    # An hour that has passed today is tomorrow's, unless the day was named.
    return moment if day or moment > at else moment + timedelta(days=1)


def _as_written(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def _day_of(words: str, *, today: date) -> tuple[date | None, str]:
    """The day that is named, and what is said besides."""
    if found := _DATE.match(words):
        day, month, year = (int(part) if part else 0 for part in found.groups())
        try:
            named = date(year or today.year, month, day)
        except ValueError:
            return None, words
        if not year and named < today:
            named = named.replace(year=today.year + 1) if (month, day) != (2, 29) else named
        return named, words[found.end() :].strip()
    for name, days in _DAYS:
        if name in words:
            return today + timedelta(days=days), words.replace(name, " ", 1).strip()
    for number, names in enumerate(_WEEKDAYS):
        if found := re.search(rf"(?:^|\s)(?:в |во )?(?:{names})(?:\s|$)", words):
            ahead = (number - today.weekday()) % 7 or 7
            return today + timedelta(days=ahead), (words[: found.start()] + " " + words[found.end() :]).strip()
    return None, words


def _clock_of(words: str, *, is_today: bool, now: time) -> time | None:
    for names, clock in _PARTS:
        if re.fullmatch(names, words):
            return clock
    found = _TIME.search(words)
    if not found or words[: found.start()].strip():
        return None
    hour, minute, part = int(found[1]), int(found[2] or 0), found[3]
    is_late = part == "вечера" or (part == "дня" and hour < _EARLY)
    # «После шести», said at noon, is no six in the morning.
    is_bare = part is None and found[2] is None and hour < _EARLY and is_today and now < time(hour + 12)
    if hour < 12 and (is_late or is_bare):
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None


class LaterField(forms.CharField):
    """A moment that is typed in words or as a time; ``at`` is when it was said."""

    at: datetime

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=40, **given)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            moment = later_from_words(text, at=self.at)
        except (OverflowError, ValueError):
            moment = None
        if moment is None:
            raise ValidationError(_("Не понятно, когда. Например: после 18, через час, завтра с 9, 25.11 14:00."))
        if moment <= self.at:
            raise ValidationError(_("Время следующего звонка должно быть в будущем."))
        if moment > self.at + timedelta(days=60):
            raise ValidationError(_("Так далеко не обещаем: не позже, чем через два месяца."))
        return moment


class LaterForm(forms.Form):
    """What the panel asks while somebody types."""

    later_at = LaterField()

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        later: Any = self.fields["later_at"]
        later.at = at
