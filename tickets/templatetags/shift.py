"""The forecast in words."""

from django import template
from django.utils.translation import gettext as _

from tickets.services.forecast import Forecast

register = template.Library()


@register.filter
def in_words(forecast: Forecast) -> str:
    """«Через 12 минут сорвём 5 обещаний: нужны ещё двое»."""
    if not forecast.breaks:
        if forecast.missing:
            return _("Не хватает людей") + _called(forecast.missing)
        return _("Успеваем ко всем, кому обещали")
    when = _form(forecast.minutes, _("Через %s минуту"), _("Через %s минуты"), _("Через %s минут"))
    what = _form(forecast.breaks, _("сорвём %s обещание"), _("сорвём %s обещания"), _("сорвём %s обещаний"))
    return f"{when} {what}{_called(forecast.missing)}"


def _called(missing: int) -> str:
    match missing:
        case 0:
            return ""
        case 1:
            return _(": нужен ещё один")
        case 2:
            return _(": нужны ещё двое")
        case 3:
            return _(": нужны ещё трое")
        case 4:
            return _(": нужны ещё четверо")
    return _form(missing, _(": нужен ещё %s"), _(": нужны ещё %s"), _(": нужно ещё %s"))


def _form(count: int, one: str, few: str, many: str) -> str:
    """The form that a number takes in Russian; other languages write the same in all three."""
    if count % 10 == 1 and count % 100 != 11:
        form = one
    elif count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        form = few
    else:
        form = many
    return form % count
