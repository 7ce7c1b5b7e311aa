"""Outages: what is off where, announcing it, what becomes known of it, and calling it off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import Clock, Deadline
from callbacks.services import rules_in_force, stop_clock
from callbacks.services.claims import NeedsSupervisor
from callbacks.services.promises import new_deadline
from companies.models import Building, Company, Service
from tickets.models import Category, Outage, OutageBuilding, OutageNews

from .outage_ties import OutageOver

# What may be corrected while it lasts, as its history names it.
CHANGEABLE = {
    "where": gettext_lazy("где"),
    "cause": gettext_lazy("причина"),
    "text": gettext_lazy("что сказать жителю"),
    "company": gettext_lazy("исполнитель"),
}


class NothingOff(Refused):
    message = gettext_lazy("Отметьте, что отключено.")
    code = "nothing_off"


class NoHouses(Refused):
    message = gettext_lazy("Не выбран ни один дом.")
    code = "no_houses"


class WrongMoment(Refused):
    message = gettext_lazy("Время следующей новости должно быть в будущем.")
    code = "wrong_moment"


class NewsRequired(Refused):
    message = gettext_lazy("Напишите, что нового.")
    code = "news_required"


def current_outages(
    *, building: Building | None, at: datetime, category: Category | None = None, street: str = "", locality: str = ""
) -> list[Outage]:
    """What is off at an address now, the latest first; where the register has no such house, what is off in its street.

    ``category`` leaves those that it may be about: the outage's own category where it names one, else its services.
    """
    covers = OutageBuilding.objects.filter(outage=OuterRef("pk"))
    if building is not None:
        covers = covers.filter(building=building)
    elif street.strip():
        covers = covers.filter(building__street=street.strip())
        if locality.strip():
            covers = covers.filter(building__locality__name=locality.strip())
    else:
        return []
    found = Outage.objects.current(at).filter(Exists(covers))
    if category is not None:
        about = Exists(Outage.services.through.objects.filter(outage=OuterRef("pk"), service=category.service_id))
        found = found.filter(Q(category=category) | Q(about, category=None))
    return list(found.select_related("company", "category").order_by("-starts_at", "-pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is announced: kind, services, houses, the words for people, from when until when."""

    kind: Outage.Kind
    services: Iterable[Service]
    buildings: Iterable[Building]
    where: str
    starts_at: datetime
    text: str
    ends_at: datetime | None = None
    category: Category | None = None
    company: Company | None = None
    cause: str = ""


@write
def announce_outage(*, announcement: Announcement, by: User, at: datetime, next_by: datetime | None = None) -> Outage:
    """Write an outage down and start its clock of «следующая новость до».

    ``next_by``: by when the next word is owed; left out, by the centre's rule from its beginning, for a planned one at
    its promised end. Raises NothingOff, NoHouses, WrongMoment.
    """
    services, buildings = list(announcement.services), {house.pk: house for house in announcement.buildings}
    if not services:
        raise NothingOff
    if not buildings:
        raise NoHouses
    outage = Outage.objects.create(
        kind=announcement.kind, category=announcement.category, where=announcement.where.strip(),
        starts_at=announcement.starts_at, ends_at=announcement.ends_at, cause=announcement.cause.strip(),
        text=announcement.text.strip(), company=announcement.company, announced_by=by, announced_at=at,
    )  # fmt: skip
    outage.services.set(services)
    OutageBuilding.objects.bulk_create([OutageBuilding(outage=outage, building_id=pk) for pk in buildings])
    following = next_by or default_next_news(outage, at=at)
    _run_news_clock(outage, until=following, by=by, at=at)
    what = _("Объявлено: %(where)s. Домов: %(count)s.") % {"where": outage.where, "count": len(buildings)}
    OutageNews.objects.create(outage=outage, at=at, by=by, text=what[:2000], next_by=following)
    _tell()
    return outage


def default_next_news(outage: Outage, *, at: datetime) -> datetime:
    """By when the next word is owed unless somebody says otherwise.

    What was planned goes by its plan until its promised end; an accident is asked about again and again.
    """
    length = rules_in_force()[Clock.OUTAGE_NEWS].rule.length_for(is_emergency=False)
    if outage.kind == Outage.Kind.PLANNED and outage.ends_at and outage.ends_at > at:
        return outage.ends_at
    return max(at, outage.starts_at) + length


def _run_news_clock(outage: Outage, *, until: datetime, by: User, at: datetime) -> None:
    if until <= at:
        raise WrongMoment
    clock = new_deadline(
        clock=Clock.OUTAGE_NEWS, started_at=at, due_at=until, rules=rules_in_force(), operator=by,
        title=_("Отключение: %s") % outage.where,
    )  # fmt: skip
    clock.save()
    outage.news_deadline = clock
    outage.save(update_fields=["news_deadline"])
    if clock.next_rung_at:
        alarms.ring_at(clock.next_rung_at, now=at)


def stop_news_clock(outage: Outage, *, at: datetime) -> None:
    """Nobody waits for the next word of this outage any more, or it has come."""
    running = Deadline.objects.running().filter(outage=outage).select_for_update(no_key=True).first()
    if running is not None:
        stop_clock(running.pk, at=at)


def lock_open(outage: Outage) -> Outage:
    """The outage as it is now, held until the transaction ends. Raises OutageOver."""
    held = Outage.objects.select_for_update(no_key=True, of=("self",)).select_related("company").get(pk=outage.pk)
    if not held.is_open:
        raise OutageOver
    return held


@write
def tell_news(
    *, outage: Outage, text: str, by: User, at: datetime, next_by: datetime | None = None,
    ends_at: datetime | None = None,
) -> OutageNews:  # fmt: skip
    """A word about an outage that lasts: the clock of news starts anew. ``ends_at``: the promised end has moved.

    What the tickets of the outage promised, ``move_terms`` moves afterwards. Raises OutageOver, NewsRequired,
    WrongMoment.
    """
    held = lock_open(outage)
    if not text.strip():
        raise NewsRequired
    if ends_at is not None and ends_at != held.ends_at:
        text = f"{text.strip()} {_moved(held.ends_at, ends_at)}"
        held.ends_at = ends_at
        held.save(update_fields=["ends_at"])
    stop_news_clock(held, at=at)
    following = next_by or default_next_news(held, at=at)
    _run_news_clock(held, until=following, by=by, at=at)
    _tell()
    return OutageNews.objects.create(outage=held, at=at, by=by, text=text.strip(), next_by=following)


def _moved(former: datetime | None, ends_at: datetime) -> str:
    became = f"{timezone.localtime(ends_at):%d.%m %H:%M}"
    if former is None:
        return _("Срок: до %s.") % became
    return _("Срок: %(was)s → %(became)s.") % {"was": f"{timezone.localtime(former):%d.%m %H:%M}", "became": became}


@write
def change_outage(*, outage: Outage, by: User, at: datetime, **changed: str | Company | None) -> Outage:
    """Correct the words of an outage (``text``, ``cause``, ``where``) or its organisation; old and new stay in history.

    The clock of news runs on: nobody has learnt anything new by it.
    """
    held = lock_open(outage)
    lines = []
    for name, value in changed.items():
        was, became = getattr(held, name), value.strip() if isinstance(value, str) else value
        if was != became:
            lines.append(f"{CHANGEABLE[name]}: {was or '—'} → {became or '—'}")
            setattr(held, name, became)
    if lines:
        held.save(update_fields=list(changed))
        next_by = held.news_deadline.due_at if held.news_deadline else None
        text = _("Изменено. %s") % "; ".join(lines)
        OutageNews.objects.create(outage=held, at=at, by=by, text=text[:2000], next_by=next_by)
        _tell()
    return held


@write
def call_off(*, outage: Outage, by: User, at: datetime, reason: str) -> Outage:
    """It will not be, or never was: nothing is owed by it any more. Its tickets go on by themselves.

    Raises NeedsSupervisor, OutageOver, NewsRequired.
    """
    if by.role != Role.SUPERVISOR:
        raise NeedsSupervisor(str(_("Отменить отключение может старший смены.")))
    held = lock_open(outage)
    if not reason.strip():
        raise NewsRequired(str(_("Напишите, почему отменено.")))
    held.called_off_at = at
    held.save(update_fields=["called_off_at"])
    stop_news_clock(held, at=at)
    OutageNews.objects.create(outage=held, at=at, by=by, text=_("Отменено: %s") % reason.strip())
    _tell()
    return held


def _tell() -> None:
    alarms.tell_screens("outages")
