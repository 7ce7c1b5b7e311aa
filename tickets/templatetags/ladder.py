"""Whom a rung of the ladder asked, in words."""

from collections.abc import Iterator

from django import template
from django.utils.translation import gettext as _

from callbacks.models import Audience
from callbacks.services import LadderRing

register = template.Library()


@register.filter
def named(audience: str, ring: LadderRing | None) -> str:
    """«старший смены: Анна Кузнецова, Пётр Иванов (вместо: Ольга Смирнова)»; the post alone where nobody was noted."""
    names = list(_names(ring))
    label = str(Audience(audience).label)
    return f"{label}: {', '.join(names)}" if names and names != [label] else label


@register.filter
def people(ring: LadderRing | None) -> str:
    """«Анна Кузнецова, Пётр Иванов»"""
    return ", ".join(_names(ring)) or "—"


def _names(ring: LadderRing | None) -> Iterator[str]:
    for one in ring.asked if ring else ():
        name = str(one.person or Audience.POOL.label)
        yield _("%(name)s (вместо: %(absent)s)") % {"name": name, "absent": one.instead_of} if one.instead_of else name
