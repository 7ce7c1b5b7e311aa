"""ИНН, КПП and ОГРН as they are typed: spaces forgiven, a wrong digit said."""

import pytest
from django.core.exceptions import ValidationError

from companies.requisites import checked_inn, checked_kpp, checked_ogrn


@pytest.mark.parametrize(
    ("check", "typed", "kept"),
    [
        (checked_inn, "7707083893", "7707083893"),
        (checked_inn, " 77 0708-3893 ", "7707083893"),
        (checked_inn, "77070838９3", "7707083893"),
        (checked_inn, "500100732259", "500100732259"),
        (checked_inn, "", ""),
        (checked_kpp, "773601001", "773601001"),
        (checked_kpp, "4028ab001", "4028AB001"),
        (checked_kpp, "", ""),
        (checked_ogrn, "1027700132195", "1027700132195"),
        (checked_ogrn, "304500116000157", "304500116000157"),
        (checked_ogrn, "", ""),
    ],
)
def test_what_is_right_is_kept(check: object, typed: str, kept: str) -> None:
    assert check(typed) == kept  # type: ignore[operator]


@pytest.mark.parametrize(
    ("check", "typed", "sentence"),
    [
        (checked_inn, "7707083894", "В ИНН ошибка: контрольная цифра не сходится."),
        (checked_inn, "770708389", "ИНН — десять цифр, у предпринимателя двенадцать."),
        (checked_inn, "нет", "ИНН"),
        (checked_kpp, "77360100", "КПП — девять знаков"),
        (checked_ogrn, "1027700132196", "В ОГРН ошибка: контрольная цифра не сходится."),
        (checked_ogrn, "102770013219", "ОГРН — тринадцать цифр"),
    ],
)
def test_what_is_wrong_is_said_in_russian(check: object, typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        check(typed)  # type: ignore[operator]
    assert refused.value.messages[0].startswith(sentence)
