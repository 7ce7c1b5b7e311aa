"""Telephone numbers as people of the region say, paste and read them.

``phonenumbers`` does not know that Kaluga is dialled by six digits and prints its code wrongly, so the local habits
are ours and everything else is the library's.
"""

import re
from typing import NamedTuple

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _

EXTENSION = re.compile(r"(?:доб\.?|добавочный|ext\.?|вн\.?|#|,|;ext=)\s*:?\s*([0-9]{1,8})\s*$", re.IGNORECASE)
# What reads as a telephone number among other words, however it is divided: with the country, a mobile, a number of
# the region, six local digits, five of a district. Dates and registration numbers are left alone.
_GAP = r"[\s().\-/‐-―−]{0,3}"
WRITTEN = re.compile(
    rf"(?<![\d№.-])(?:\+\d(?:{_GAP}\d){{7,14}}|[78](?:{_GAP}\d){{10}}|\(?(?:9\d|48)\d(?:{_GAP}\d){{7}}"
    r"|\d{6}|\d\d[\s‐-―-]\d\d[\s‐-―-]?\d\d|\d\d[‐-―-]\d{4}|\d[‐-―-]\d\d[‐-―-]\d\d)(?![\d-])"
)
# Numbers that nobody rings back: emergency services, and codes that cost the caller money.
NEVER_DIALLED = re.compile(r"^(?:112|10[1-4]|0[1-4])$")


class Phone(NamedTuple):
    """A number in E.164 and the extension behind it ('' when there is none)."""

    number: str
    extension: str = ""


class WrongPhone(ValueError):
    """The text is not a number that somebody can be rung back at."""

    message = _("Не похоже на номер телефона: нужно 6 цифр городского, 10 цифр с кодом или номер с +.")


def parse_phone(text: str, *, area_code: str = "") -> Phone:
    """Read a number in any of the spellings people use.

    Six digits belong to the regional centre, five to the district whose ``area_code`` (484xx) is given; 8, 7 and +7
    all mean Russia. Raises WrongPhone.
    """
    extension = ""
    found = EXTENSION.search(text)
    if found:
        extension, text = found.group(1), text[: found.start()]
    digits = re.sub(r"[^0-9]", "", text)
    if NEVER_DIALLED.match(digits):
        raise WrongPhone(text)
    if not text.strip().startswith("+"):
        digits = _with_country(digits, area_code or settings.AREA_CODE)
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise WrongPhone(text) from None
    if not phonenumbers.is_possible_number(number):
        raise WrongPhone(text)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension)


def _with_country(digits: str, code: str) -> str:
    """The digits with Russia's 7 before them, by their number. Raises WrongPhone."""
    if len(digits) + len(code) == 10:
        return f"7{code}{digits}"
    if len(digits) == 6:
        return f"7{settings.AREA_CODE}{digits}"
    if len(digits) == 10:
        return f"7{digits}"
    if len(digits) == 11 and digits[0] in "78":
        return f"7{digits[1:]}"
    raise WrongPhone(digits)


def format_phone(number: str, extension: str = "") -> str:
    """8 (4842) 56-56-02, 8 (48439) 6-25-28, 8 (910) 123-45-67; foreign numbers internationally."""
    if not number:
        return ""
    word = _("доб.")
    tail = f" {word} {extension}" if extension else ""
    if not re.fullmatch(r"\+7\d{10}", number):
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return number + tail
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL) + tail
    national = number[2:]
    if national.startswith(settings.AREA_CODE):
        return f"8 ({national[:4]}) {national[4:6]}-{national[6:8]}-{national[8:]}{tail}"
    if national.startswith(settings.AREA_CODE[:3]):
        return f"8 ({national[:5]}) {national[5]}-{national[6:8]}-{national[8:]}{tail}"
    return f"8 ({national[:3]}) {national[3:6]}-{national[6:8]}-{national[8:]}{tail}"


def hide_phones(text: str) -> str:
    """``text`` as an organisation may read it: telephone numbers that somebody typed into it are covered."""
    return WRITTEN.sub(str(_("[номер скрыт]")), text)
