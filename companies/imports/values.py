"""What cells say: numbers, dates, coordinates, numbers of the tax office.

Each reader returns None for an empty cell and raises ValueError for one that it does not understand.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from stdnum.exceptions import ValidationError as BadNumber
from stdnum.ru import inn, ogrn

from companies.words import fold

# What forms put where nothing is known.
_NOTHING = frozenset({"", "-", "—", "нет", "нет данных", "не заполнено", "незаполнено", "n/a", "null", "none", "nan"})
_GAPS = re.compile(r"[\s\u00a0\u202f]+")
_FORMATS = (
    "%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d",
)  # fmt: skip
_KPP = re.compile(r"^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$")
# Day 1 of spreadsheets is the first of January 1900, and they believe that year to have been a leap one.
_SHEET_ZERO = date(1899, 12, 30)
_SHEET_DAY = re.compile(r"^\d{5}(?:\.\d+)?$")
LARGEST = 32_767


def said(text: str) -> str:
    """The cell, or nothing where it only says that there is nothing."""
    return "" if fold(text.strip()).strip(" .") in _NOTHING else text.strip()


def number(text: str) -> int | None:
    """«1 234», «12.0»; what a house can have."""
    text = _GAPS.sub("", said(text)).replace(",", ".")
    if not text:
        return None
    value = float(text)
    if not value.is_integer() or not 0 <= value <= LARGEST:
        raise ValueError(text)
    return int(value)


def year(text: str) -> int | None:
    value = number(text)
    if value is not None and not 1700 <= value <= 2100:
        raise ValueError(text)
    return value or None


def degrees(text: str, limit: int) -> Decimal | None:
    text = _GAPS.sub("", said(text)).replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite() or abs(value) > limit:
        raise ValueError(text)
    return round(value, 6)


def latitude(text: str) -> Decimal | None:
    return degrees(text, 90)


def longitude(text: str) -> Decimal | None:
    return degrees(text, 180)


def day(text: str) -> date | None:
    """«01.09.2015», «2015-09-01», the day number of a spreadsheet; an hour behind it does not matter."""
    text = said(text)
    if not text:
        return None
    if _SHEET_DAY.match(text):
        return _SHEET_ZERO + timedelta(days=int(float(text)))
    bare = re.split(r"[ T]", text.removesuffix("г.").removesuffix("г").strip(), maxsplit=1)[0]
    for pattern in _FORMATS:
        try:
            found = datetime.strptime(bare, pattern).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
        if 1900 <= found.year <= 2200:
            return found
    raise ValueError(text)


def tax_number(text: str) -> str:
    """ИНН, its check digits right."""
    return _checked(inn, text)


def register_number(text: str) -> str:
    """ОГРН."""
    return _checked(ogrn, text)


def reason_code(text: str) -> str:
    """КПП."""
    text = _GAPS.sub("", said(text)).upper()
    if text and not _KPP.match(text):
        raise ValueError(text)
    return text


def _checked(kind: object, text: str) -> str:
    text = _GAPS.sub("", said(text)).removesuffix(".0")
    if not text:
        return ""
    try:
        found: str = kind.validate(text)  # type: ignore[attr-defined]  # a module of stdnum
    except BadNumber as error:
        raise ValueError(text) from error
    return found
