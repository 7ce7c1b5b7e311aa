"""Lengths, ladders and changes of a rule in words: how people type them in the admin, and how it tells them."""

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import SequenceMatcher
from itertools import zip_longest

from django.utils.translation import gettext as _

from .models import Clock, ClockRule, Rung

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# As people write them, in both languages of the screens.
UNITS = (
    (MINUTE, r"мин\w*|м|min\w*|m"),
    (HOUR, r"час\w*|ч|hours?|h"),
    (DAY, r"дн|день|дня|дней|д|сут\w*|days?|d"),
)
PARTS = [(unit, re.compile(rf"(\d{{1,6}})\s*(?:{words})\b\.?\s*")) for unit, words in UNITS]
SIGNED = re.compile(r"([+-]?)\s*(.+)")
MINUSES = str.maketrans("−–—", "---")

# Their length is the centre's one setting.
PROMISED = frozenset({Clock.FIRST_ANSWER, Clock.MISSED_CALL, Clock.DROPPED_CALL, Clock.MESSAGE, Clock.REOPENED})


def length_in_words(length: timedelta) -> str:
    """«8 мин», «2 ч 30 мин», «1 дн»; what lies before has a minus."""
    minutes = round(abs(length) / MINUTE)
    parts = [
        (minutes // 1440, _("%(count)s дн")),
        (minutes % 1440 // 60, _("%(count)s ч")),
        (minutes % 60, _("%(count)s мин")),
    ]
    words = " ".join(unit % {"count": count} for count, unit in parts if count) or "0"
    return f"−{words}" if length < timedelta() else words


def length_from_words(text: str) -> timedelta | None:
    """What was typed as minutes («480») or with words («8 ч», «1 день», «−3 мин»); None when it is not understood."""
    typed = SIGNED.fullmatch(text.strip().lower().translate(MINUSES))
    if typed is None:
        return None
    length = _unsigned(typed[2])
    return -length if length and typed[1] == "-" else length


def _unsigned(text: str) -> timedelta | None:
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text) * MINUTE
    total = timedelta()
    while text:
        found = [(unit, part) for unit, pattern in PARTS if (part := pattern.match(text))]
        if not found:
            return None
        unit, part = found[0]
        total += int(part[1]) * unit
        text = text[part.end() :]
    return total


def why_no_length(rule: ClockRule) -> str:
    """Who says how long this clock runs, when its rule does not."""
    if rule.clock in PROMISED:
        return _("задаёт настройка CALLBACK_PROMISE")
    if rule.clock == Clock.PROMISED_LATER:
        return _("задаёт час, о котором договорились с заявителем")
    return _("задаёт норма категории")


def rung_in_words(rung: Rung) -> str:
    """«через 10 мин после срока: руководитель центра, повтор каждые 10 мин, до 3 раз»."""
    words = f"{_moment_in_words(rung)}: {rung.get_audience_display()}"
    if not rung.repeat_every:
        return words
    every = {"every": length_in_words(rung.repeat_every), "times": rung.repeat_times}
    return words + _(", повтор каждые %(every)s, до %(times)s раз") % every


def _moment_in_words(rung: Rung) -> str:
    if not (rung.offset or rung.share):
        return _("в срок")
    if rung.offset is None:
        length, is_before = f"{abs(rung.share or 0)} %", (rung.share or 0) < 0
        return (_("за %(length)s времени до срока") if is_before else _("через %(length)s времени после срока")) % {
            "length": length
        }
    length, is_before = length_in_words(abs(rung.offset)), rung.offset < timedelta()
    return (_("за %(length)s до срока") if is_before else _("через %(length)s после срока")) % {"length": length}


def differences(former: ClockRule, rule: ClockRule, rungs: Iterable[Rung]) -> list[str]:
    """What ``rule`` with ``rungs`` changes of the version before it, line by line: «длина: 8 мин → 6 мин»."""
    lengths = [
        (_("длина"), former.length, rule.length),
        (_("при аварии"), former.emergency_length, rule.emergency_length),
    ]
    changed = [
        f"{name}: {_or_none(was)} → {_or_none(became)}" for name, was, became in lengths if was != became
    ]  # fmt: skip
    steps = [rung_in_words(rung) for rung in former.rungs.all()]
    later = [rung_in_words(rung) for rung in rungs]
    nothing, name = _("нет"), _("ступень")
    for tag, first, last, other_first, other_last in SequenceMatcher(None, steps, later, autojunk=False).get_opcodes():
        if tag != "equal":
            pairs = zip_longest(steps[first:last], later[other_first:other_last], fillvalue=nothing)
            changed += [f"{name}: {was} → {became}" for was, became in pairs]
    return changed


def _or_none(length: timedelta | None) -> str:
    return length_in_words(length) if length else _("нет")
