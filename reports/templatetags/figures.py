"""How the values of a report are written."""

from datetime import timedelta
from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.moments import clocklength
from reports.catalogue import REPORTS, Cell, Fact, Kind
from reports.catalogue.base import Value

register = template.Library()


@register.simple_tag
def report_kinds() -> dict[str, Kind]:
    """What the tabs of the reports name."""
    return REPORTS


@register.filter
def shown(cell: Cell) -> str:
    """The value as people read it; «нет данных» is not nought."""
    return written(cell.value, cell.unit)


@register.filter
def former(cell: Cell) -> str:
    return written(cell.before, cell.unit)


def written(value: Value, unit: str) -> str:
    if value is None:
        return _("нет данных")
    if isinstance(value, str):
        return value
    if unit == "percent":
        return f"{number_format(value, 1)} %"
    if unit == "seconds":
        return str(clocklength(timedelta(seconds=round(float(value)))))
    if unit == "hours":
        return _("%s ч") % _tenths(float(value) / 3600)
    return _tenths(float(value)) if unit == "mean" else str(number_format(value, force_grouping=True))


def _tenths(value: float) -> str:
    return str(number_format(Decimal(str(value)).quantize(Decimal("0.1"))))


@register.filter
def trend(fact: Fact) -> str:
    """better or worse than the period before; nothing where that is not for us to say, or nothing is known."""
    now, then = fact.cell.value, fact.cell.before
    if fact.more_is_good is None or now is None or then is None or isinstance(now, str) or isinstance(then, str):
        return ""
    if now == then:
        return ""
    return "better" if (now > then) == fact.more_is_good else "worse"
