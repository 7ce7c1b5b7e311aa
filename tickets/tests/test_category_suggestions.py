"""Categories by letters, by the words of callers, by the words of a description."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from accounts import clock
from tickets.forms.categories import category_meant, suggest_categories
from tickets.models import Category
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    cache.clear()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("гор", "W05"),
        ("ujh", "W05"),
        ("горит", "Z01"),
        ("гор вода", "W05"),
        ("вода гор", "W05"),
        ("нет ото", "H01"),
        ("лифт", "L02"),
        ("лифты", "L02"),
        ("застрял", "L01"),
        ("ото", "H01"),
        ("отаплние", "H01"),
        ("батареи холодные", "H01"),
        ("свет подъезд", "E03"),
        ("нет света", "E01"),
        ("запах", "G01"),
        ("пахнет газом", "G01"),
        ("kban", "L02"),
        ("ufp", "G01"),
        ("Затопили соседи сверху", "W01"),
        ("крыша", "F01"),
        ("сосул", "F03"),
        ("яма", "Y04"),
        ("люк открыт", "Y03"),
        ("домофон", "P04"),
        ("квитан", "B01"),
        ("скользко во дворе", "Y01"),
    ],
)
def test_the_first_one_offered(typed: str, code: str) -> None:
    assert suggest_categories(typed)[0].code == code


def test_nothing_typed_offers_what_is_told_most_often() -> None:
    assert suggest_categories("")[0].code == "W05"

    for _turn in range(3):
        make_ticket(code="P04", at=clock.now())
    cache.clear()

    assert suggest_categories("")[0].code == "P04"


def test_last_years_calls_are_not_counted() -> None:
    make_ticket(code="P04", at=clock.now() - timedelta(days=40))

    assert suggest_categories("")[0].code == "W05"


def test_what_is_told_often_comes_first_among_equals(monkeypatch: pytest.MonkeyPatch) -> None:
    often = {Category.objects.get(code="L01").pk: 1.0}
    monkeypatch.setattr("tickets.forms.categories._often", lambda: often)

    assert suggest_categories("лифт")[0].code == "L01"


def test_the_beginning_of_a_known_word_is_no_slip_of_another() -> None:
    assert "E01" not in [one.code for one in suggest_categories("протек")]
    assert "E01" in [one.code for one in suggest_categories("пробки")]
    # A slip is still understood where nothing begins so.
    assert suggest_categories("отаплние")[0].code == "H01"


def test_letters_that_mean_nothing_offer_nothing() -> None:
    assert suggest_categories("ъъъъъ") == []


def test_a_category_out_of_use_is_not_offered() -> None:
    Category.objects.filter(code="L02").update(is_active=False)

    assert "L02" not in [one.code for one in suggest_categories("лифт")]


def test_what_the_administrator_adds_is_found() -> None:
    Category.objects.filter(code="P04").update(keywords="тренькалка")

    assert suggest_categories("треньк")[0].code == "P04"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("Здравствуйте, у нас на кухне пахнет газом", "G01"),
        ("Пахнет газом в подъезде на втором этаже", "G02"),
        ("Третий день нет света в подъезде, темно", "E03"),
        ("Нет света в квартире, у соседей есть", "E01"),
        ("сосед сверху затопил нас, течёт с потолка", "W01"),
        ("Бабушка застряла в лифте", "L01"),
        ("Лифт не работает", "L02"),
        ("не вывозят мусор неделю", "R02"),
        ("просто спросить", None),
        ("", None),
    ],
)
def test_what_a_description_sounds_like(told: str, code: str | None) -> None:
    meant = category_meant(told)
    assert (meant.code if meant else None) == code


def test_letters_cost_one_query_while_the_counts_are_fresh(django_assert_num_queries: Any) -> None:
    suggest_categories("лифт")

    with django_assert_num_queries(1):
        suggest_categories("нет ото")
