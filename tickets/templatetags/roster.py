"""What the duty roster says about a person."""

from django import template
from django.utils.translation import gettext as _

from accounts.roster import Line
from callbacks import channels

register = template.Library()


@register.filter
def faults(line: Line) -> list[str]:
    """Why alarms may not find the person of this shift, in words; empty when they do."""
    if line.shift is None:
        return []
    person = line.shift.user
    if not person.is_active:
        return [_("больше не работает: не спросят")]
    if not (person.email or person.phone):
        return [_("нет ни почты, ни телефона: увидит только на экране")]
    missing = [
        (not person.email, _("нет почты")),
        # A telephone helps only where messages can be sent.
        (not person.phone and any(channel.name == "hook" for channel in channels.configured()), _("нет телефона")),
    ]
    return [said for is_so, said in missing if is_so]
