"""Numbers as people of the region say and paste them."""

import pytest

from accounts.phones import WrongPhone, format_phone, hide_phones, parse_phone


@pytest.mark.parametrize(
    ("typed", "number", "extension"),
    [
        ("56-56-02", "+74842565602", ""),
        ("565602", "+74842565602", ""),
        ("8 (4842) 56-56-02", "+74842565602", ""),
        ("+7 4842 56 56 02", "+74842565602", ""),
        ("4842565602", "+74842565602", ""),
        ("89101234567", "+79101234567", ""),
        ("7 910 123-45-67", "+79101234567", ""),
        ("8(4842)565602 доб. 12", "+74842565602", "12"),
        ("56-56-02#7", "+74842565602", "7"),
        ("+375 29 123-45-67", "+375291234567", ""),
    ],
)
def test_any_spelling_is_one_number(typed: str, number: str, extension: str) -> None:
    assert parse_phone(typed) == (number, extension)


def test_five_digits_take_the_code_of_the_district() -> None:
    assert parse_phone("6-25-28", area_code="48439").number == "+74843962528"


@pytest.mark.parametrize("typed", ["", "нет", "12", "112", "104", "1234567", "+", "0" * 30, "+7", "\x00"])
def test_what_nobody_can_ring_back_is_refused(typed: str) -> None:
    with pytest.raises(WrongPhone):
        parse_phone(typed)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+74842565602", "8 (4842) 56-56-02"),
        ("+74843962528", "8 (48439) 6-25-28"),
        ("+79101234567", "8 (910) 123-45-67"),
        ("+375291234567", "+375 29 123-45-67"),
        ("", ""),
    ],
)
def test_numbers_are_shown_as_they_are_dialled_here(number: str, shown: str) -> None:
    assert format_phone(number) == shown


def test_the_extension_is_shown_behind() -> None:
    assert format_phone("+74842565602", "12") == "8 (4842) 56-56-02 доб. 12"


@pytest.mark.parametrize(
    "written",
    [
        "8.910.123.45.67", "8–910–123–45–67", "8/910/1234567", "+7 (910) 123-45-67", "9101234567", "565602",
        "56 56 02", "56-5602", "56-56-02", "6-25-28", "8 (4842) 56-56-02", "+375 29 123-45-67",
    ],
)  # fmt: skip
def test_a_number_in_a_text_is_covered_however_it_is_written(written: str) -> None:
    assert hide_phones(f"звонить {written} до обеда") == "звонить [номер скрыт] до обеда"


@pytest.mark.parametrize(
    "text", ["заявка 26-000077", "24.11.2026 10:30", "2026-11-24", "дом 12-14", "кв. 156", "№123456"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert hide_phones(text) == text
