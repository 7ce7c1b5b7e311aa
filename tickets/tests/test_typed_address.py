"""An address of no house of the register, as it was typed."""

import pytest

from tickets.forms.typed import Typed, parse_typed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("новая 5", Typed("новая", "5")),
        ("ул. Новая, д. 5, кв. 12", Typed("ул. Новая", "5", "12")),
        ("50 лет Октября 12 7", Typed("50 лет Октября", "12", "7")),
        ("1-я Загородная 3а", Typed("1-я Загородная", "3а")),
        ("Луговая 5 к1 12", Typed("Луговая", "5к1", "12")),
        ("Луговая 5/2 под 3 эт 4 кв 71", Typed("Луговая", "5/2", "71", "3", "4")),
        ("Луговая", None),
        ("12", None),
        ("", None),
    ],
)
def test_words_are_taken_apart(text: str, meant: Typed | None) -> None:
    assert parse_typed(text) == meant
