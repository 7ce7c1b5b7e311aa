"""Moments as old logs write them, in the zone of that log. A day alone is its beginning, or its last second."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from accounts.writes import Refused
from companies.imports.values import said

_ISO = re.compile(
    r"^(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[ T](?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<zone>Z|[+-]\d\d:?\d\d)?)?$"
)
_RUSSIAN = re.compile(
    r"^(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4}|\d\d)(?:\s*г\.?)?"
    r"(?:[ ,]+(?:в )?(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?P<zone>))?$"
)
_SHEET = re.compile(r"^\d{5}(?:[.,]\d+)?$")
_SHEET_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  (a spreadsheet has no zone)
FIRST_YEAR, LAST_YEAR = 1980, 2100


class UnknownZone(Refused):
    """No such time zone."""

    code = "unknown_zone"


class WrongMoment(ValueError):
    """Text that is no moment."""


def zone_of(name: str) -> ZoneInfo:
    """Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(_("Нет такого часового пояса: «%s». Пример: Europe/Moscow.") % name) from error


def moment(text: str, zone: ZoneInfo, *, is_end: bool = False) -> tuple[datetime | None, str]:
    """What ``text`` says, and a remark where the clock was put back or forward just then. Raises WrongMoment.

    ``is_end``: a day alone means its last second, for a term kept on its last day is kept.
    """
    text = said(text)
    if not text:
        return None, ""
    if _SHEET.match(text):
        return _in_zone(_of_sheet(text, is_end=is_end), zone)
    found = _ISO.match(text) or _RUSSIAN.match(text)
    if not found:
        raise WrongMoment(text)
    year = int(found["year"])
    year += 2000 if year < 100 else 0
    has_hour = found["hour"] is not None
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0)) if has_hour else (0, 0, 0)
    try:
        naive = datetime(year, int(found["month"]), int(found["day"]), *clock)  # noqa: DTZ001  (its zone comes next)
    except ValueError as error:
        raise WrongMoment(text) from error
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise WrongMoment(text)
    if not has_hour and is_end:
        naive += timedelta(days=1, seconds=-1)
    if found["zone"]:
        return naive.replace(tzinfo=UTC) - _offset(found["zone"]), ""
    return _in_zone(naive, zone)


def _of_sheet(text: str, *, is_end: bool) -> datetime:
    days = float(text.replace(",", "."))
    found = _SHEET_ZERO + timedelta(seconds=round(days * 86_400))
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WrongMoment(text)
    return found + timedelta(days=1, seconds=-1) if is_end and days.is_integer() else found


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def _in_zone(naive: datetime, zone: ZoneInfo) -> tuple[datetime, str]:
    local = naive.replace(tzinfo=zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != naive:
        return found, _("Такого времени не было: часы перевели вперёд (%s).") % naive
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return found, _("Этот час был дважды, взят первый (%s).") % naive
    return found, ""
