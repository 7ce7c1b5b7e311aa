"""How long each clock runs and whom it asks: reading the rules in force, and writing a new version of one."""

import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from callbacks.models import ClockRule, Rung

# The first rung of each clock's rule in force, with the rule itself: all that a clock which starts now needs.
Rules = dict[str, Rung]

# The moment of a warning that would come before the clock has really begun: half of its time.
EARLIEST_WARNING = 0.5


class NoRungs(Refused):
    message = _("В лестнице нет ни одной ступени: некого спросить, когда срок пройдёт.")
    code = "no_rungs"


class RungsOutOfOrder(Refused):
    message = _("Ступени должны идти по времени: каждая не раньше предыдущей.")
    code = "rungs_out_of_order"


class NoAnswerableRung(Refused):
    message = _("Хотя бы одна ступень должна быть в момент срока или после него.")
    code = "no_answerable_rung"


class LawIsFixed(Refused):
    message = _("Этот срок установлен не центром: его длину менять нельзя.")
    code = "law_is_fixed"


def rules_in_force() -> Rules:
    """The rules by which clocks start now, in one query."""
    first = Rung.objects.filter(number=1, rule__retired_at=None).select_related("rule")
    return {rung.rule.clock: rung for rung in first}


def moment_of(rung: Rung, *, started_at: datetime, due_at: datetime) -> datetime:
    """When ``rung`` rings for a clock that runs from ``started_at`` to ``due_at``."""
    length = due_at - started_at
    moment = due_at + (rung.offset if rung.offset is not None else length * ((rung.share or 0) / 100))
    return moment if moment >= due_at else max(moment, started_at + length * EARLIEST_WARNING)


def load_clock_rules() -> int:
    """Write the default rules of clocks that have none yet; what supervisors edited stays. Returns rules added."""
    document = tomllib.loads((Path(__file__).parent.parent / "clocks.toml").read_text(encoding="utf-8"))
    known = set(ClockRule.objects.values_list("clock", flat=True))
    added = 0
    for block in document["clock"]:
        for clock in block["names"]:
            if clock not in known:
                _write_default(clock, block)
                added += 1
    return added


def _write_default(clock: str, block: dict[str, Any]) -> None:
    rule = ClockRule.objects.create(
        clock=clock, length=_minutes(block.get("minutes")), emergency_length=_minutes(block.get("emergency_minutes")),
        source=block["source"], mark=block["mark"],
    )  # fmt: skip
    Rung.objects.bulk_create(
        Rung(
            rule=rule, number=number, offset=_minutes(step.get("minutes")), share=step.get("percent"),
            audience=step["audience"], repeat_every=_minutes(step.get("every")), repeat_times=step.get("times", 0),
        )
        for number, step in enumerate(block["ladder"], start=1)
    )  # fmt: skip


def _minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)


@write
def change_rule(*, rule: ClockRule, rungs: Iterable[Rung], by: User | None, at: datetime) -> ClockRule:
    """Put a new version of a clock's rule in force; clocks that run keep theirs.

    ``rule`` and ``rungs`` are unsaved; rungs are numbered in the order given. Raises NoRungs, RungsOutOfOrder,
    NoAnswerableRung, and LawIsFixed when the length of a clock that is not the centre's own would change.
    """
    steps = list(rungs)
    former = ClockRule.objects.in_force().select_for_update(no_key=True).get(clock=rule.clock)
    if (former.length is None) != (rule.length is None) or (former.length is None and rule.emergency_length):
        raise LawIsFixed
    check_ladder(steps, length=rule.length)
    former.retired_at = at
    former.save(update_fields=["retired_at"])
    rule.pk, rule.source, rule.mark, rule.created_by = None, former.source, former.mark, by
    rule.save(force_insert=True)
    for number, rung in enumerate(steps, start=1):
        rung.pk, rung.rule, rung.number = None, rule, number
    Rung.objects.bulk_create(steps)
    return rule


def check_ladder(rungs: list[Rung], *, length: timedelta | None) -> None:
    """Refuse a ladder that asks nobody, asks out of order, or only warns. ``length`` None: any will do."""
    if not rungs:
        raise NoRungs
    start = datetime(2000, 1, 1)  # noqa: DTZ001  (only differences count)
    due = start + (length or timedelta(hours=10))
    moments = [moment_of(rung, started_at=start, due_at=due) for rung in rungs]
    if moments != sorted(moments):
        raise RungsOutOfOrder
    if moments[-1] < due:
        raise NoAnswerableRung
