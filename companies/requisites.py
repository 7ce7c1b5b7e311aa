"""ИНН, КПП and ОГРН as people type them: digits with spaces, checked by their control digits."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.ru import inn, ogrn

KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")


def checked_inn(text: str) -> str:
    """Ten digits of an organisation, twelve of a person; empty stays empty."""
    number = compact(text)
    if not number:
        return ""
    if not number.isdecimal() or len(number) not in (10, 12):
        raise ValidationError(_("ИНН — десять цифр, у предпринимателя двенадцать."))
    try:
        return inn.validate(number)
    except WrongNumber:
        raise ValidationError(_("В ИНН ошибка: контрольная цифра не сходится.")) from None


def checked_kpp(text: str) -> str:
    number = compact(text).upper()
    if number and not KPP.fullmatch(number):
        raise ValidationError(_("КПП — девять знаков: код инспекции, причина постановки, номер."))
    return number


def checked_ogrn(text: str) -> str:
    """Thirteen digits of an organisation, fifteen of a person; empty stays empty."""
    number = compact(text)
    if not number:
        return ""
    if not number.isdecimal() or len(number) not in (13, 15):
        raise ValidationError(_("ОГРН — тринадцать цифр, у предпринимателя пятнадцать."))
    try:
        return ogrn.validate(number)
    except WrongNumber:
        raise ValidationError(_("В ОГРН ошибка: контрольная цифра не сходится.")) from None


def compact(text: str) -> str:
    return re.sub(r"[\s\-]", "", text)
