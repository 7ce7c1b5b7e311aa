"""When a caller asks to be rung, as it is typed."""

from datetime import datetime

import pytest

from callbacks.calendar import REGION
from tickets.forms.later import QUICK, LaterForm, later_from_words

# Monday, a quarter past two in the afternoon.
AT = datetime(2026, 11, 23, 14, 15, tzinfo=REGION)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("через час", "23.11 15:15"),
        ("Через полчаса", "23.11 14:45"),
        ("через полтора часа", "23.11 15:45"),
        ("через 20 минут", "23.11 14:35"),
        ("через 2 ч", "23.11 16:15"),
        ("через 3 дня", "26.11 14:15"),
        ("после 18", "23.11 18:00"),
        ("после 18:30", "23.11 18:30"),
        ("после 6", "23.11 18:00"),
        ("после 6 вечера", "23.11 18:00"),
        ("в 17.40", "23.11 17:40"),
        ("18 00", "23.11 18:00"),
        ("19", "23.11 19:00"),
        ("в 10", "24.11 10:00"),
        ("с 7 утра", "24.11 07:00"),
        ("завтра с 9", "24.11 09:00"),
        ("завтра", "24.11 09:00"),
        ("завтра утром", "24.11 09:00"),
        ("завтра в обед", "24.11 13:00"),
        ("завтра после 7", "24.11 07:00"),
        ("после 12 завтра", "24.11 12:00"),
        ("послезавтра вечером", "25.11 18:00"),
        ("вечером", "23.11 18:00"),
        ("утром", "24.11 09:00"),
        ("в пятницу после 10", "27.11 10:00"),
        ("в понедельник", "30.11 09:00"),
        ("25.11 14:00", "25.11 14:00"),
        ("25.11", "25.11 09:00"),
        ("25.11.2026 8:05", "25.11 08:05"),
        ("2026-11-24T18:00", "24.11 18:00"),
        ("tomorrow at 9", "24.11 09:00"),
        ("in an hour", "23.11 15:15"),
        ("after 18:00", "23.11 18:00"),
        ("tomorrow from 9:00", "24.11 09:00"),
    ],
)
def test_what_operators_type_is_understood(words: str, meant: str) -> None:
    moment = later_from_words(words, at=AT)
    assert moment is not None
    assert f"{moment.astimezone(REGION):%d.%m %H:%M}" == meant


@pytest.mark.parametrize(
    "words", ["", "потом", "после", "25", "в 18:70", "31.02 10:00", "2026-99-99", "когда-нибудь в 5"]
)
def test_what_means_no_moment_is_not_guessed(words: str) -> None:
    assert later_from_words(words, at=AT) is None


@pytest.mark.parametrize("words", [*map(str, QUICK), "после 18"])
def test_the_buttons_say_what_is_understood(words: str) -> None:
    assert LaterForm({"later_at": words}, at=AT).is_valid()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("потом", "Не понятно, когда"), ("сегодня в 10", "должно быть в будущем"), ("23.11.2027 10:00", "Так далеко"),
        ("через 999 дней", "Так далеко"), ("9999-12-31T23:59", "Так далеко"), ("23.11.0000", "Не понятно"),
    ],
)  # fmt: skip
def test_what_cannot_be_promised_is_a_sentence(words: str, sentence: str) -> None:
    form = LaterForm({"later_at": words}, at=AT)
    assert sentence in str(form.errors)
