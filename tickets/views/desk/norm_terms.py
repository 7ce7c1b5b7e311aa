"""Until when a call that is being written down will have to be dealt with, and what is peculiar about that moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import Clock, Mark
from callbacks.wording import length_in_words
from tickets.models import Norm
from tickets.services.clocks import norm_spans
from tickets.services.terms import is_summer

WORDS: dict[Clock, Promise] = {
    Clock.LOCALISE: gettext_lazy("локализовать до"),
    Clock.CHECK: gettext_lazy("проверить до"),
    Clock.FIX: gettext_lazy("устранить до"),
    Clock.WRITTEN_REPLY: gettext_lazy("письменно ответить не позднее"),
}
# An answer is due at the end of its last day.
LAST_INSTANT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class NormTerm:
    """A line of the guide. ``why``: what is peculiar about it; ``is_own``: the centre's number, not the law's."""

    what: Promise | str
    due_at: datetime
    why: str
    is_own: bool
    is_whole_day: bool
    is_late: bool


def norm_terms(norm: Norm, *, at: datetime, damaged_at: datetime, celsius: int | None = None) -> list[NormTerm]:
    """The terms of ``norm`` for what is registered at ``at``, as its clocks will have them."""
    terms = []
    for clock, (started_at, due_at) in norm_spans(norm, at=at, damaged_at=damaged_at, celsius=celsius).items():
        is_reply = clock == Clock.WRITTEN_REPLY
        terms.append(
            NormTerm(
                what=WORDS[clock],
                due_at=due_at - LAST_INSTANT if is_reply else due_at,
                why=_why(norm, clock, started_at, due_at, celsius),
                is_own=norm.mark_of(clock) == Mark.DEFAULT,
                is_whole_day=is_reply,
                is_late=due_at <= at,
            )
        )
    return terms


def _why(norm: Norm, clock: Clock, started_at: datetime, due_at: datetime, celsius: int | None) -> str:
    if clock == Clock.WRITTEN_REPLY:
        return _("рабочих дней: %(count)s") % {"count": norm.reply_working_days}
    if clock != Clock.FIX:
        return ""
    if norm.fix_minutes_by_celsius:
        if celsius is None:
            return _("зависит от температуры: спросите, сколько градусов в комнате")
        return _("при %(degrees)s °C — %(length)s") % {
            "degrees": f"{celsius:+d}", "length": length_in_words(due_at - started_at),
        }  # fmt: skip
    length = length_in_words(timedelta(minutes=norm.fix_minutes or 0))
    if norm.counts_from_damage:
        return _("%(length)s считаются от повреждения") % {"length": length}
    if norm.opens_at and norm.closes_at:
        hours = {"opens": norm.opens_at.strftime("%H:%M"), "closes": norm.closes_at.strftime("%H:%M")}
        return _("работают с %(opens)s до %(closes)s") % hours
    if norm.summer_fix_minutes:
        if is_summer(timezone.localdate(started_at), norm.summer_from, norm.summer_to):
            return _("летом %(length)s") % {"length": length_in_words(timedelta(minutes=norm.summer_fix_minutes))}
        return _("зимой %(length)s") % {"length": length}
    return ""
