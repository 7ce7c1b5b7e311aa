"""The files of categories and norms: what they say, and how they reach a centre that already works."""

import pytest

from callbacks.models import Clock
from tickets.models import Category, Norm
from tickets.services import load_norms
from tickets.services.clocks import norm_spans
from tickets.tests.factories import MINUTE, NOON, category

pytestmark = pytest.mark.django_db


def test_a_centre_that_already_works_gets_what_older_files_did_not_say() -> None:
    Category.objects.filter(code="W01").update(keywords="", repeat_hours=None, repeat_scope="")
    Norm.objects.filter(category__code="H01").update(fix_minutes_by_celsius=[])

    load_norms()

    assert "затопило" in category("W01").keywords
    assert (category("W01").repeat_hours, category("W01").repeat_scope) == (72, "flat")
    assert Norm.objects.get(category__code="H01").fix_minutes_by_celsius == [[12, 960], [10, 480], [8, 240]]


def test_what_the_administrator_wrote_stays() -> None:
    Category.objects.filter(code="H01").update(
        keywords="лёд", question="Давно ли?", script="Скажите так.", repeat_hours=5, repeat_scope="house"
    )

    load_norms()

    heating = category("H01")
    assert (heating.keywords, heating.question, heating.script) == ("лёд", "Давно ли?", "Скажите так.")
    assert (heating.repeat_hours, heating.repeat_scope) == (5, "house")


def test_loading_again_changes_nothing(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_max_num_queries(40) as asked:
        assert load_norms() == {"services": 0, "categories": 0, "norms": 0, "rules": 0}
    assert not [query for query in asked.captured_queries if query["sql"].startswith("UPDATE")]


def test_every_danger_says_whom_we_call_and_asks_for_a_number_outside() -> None:
    dangers = Category.objects.filter(is_danger=True)

    assert dangers.count() >= 4
    for danger in dangers:
        assert "112" in danger.script, danger.code
        assert "По какому номеру" in danger.script or "по какому номеру" in danger.script, danger.code


def test_every_category_says_how_callers_name_it() -> None:
    assert not Category.objects.filter(keywords="").exists()


@pytest.mark.parametrize(
    ("celsius", "hours"),
    [(None, 16), (20, 16), (12, 16), (11, 8), (10, 8), (9, 4), (8, 4), (7, 4), (-3, 4)],
)
def test_the_colder_the_room_the_sooner_it_is_mended(celsius: int | None, hours: int) -> None:
    norm = Norm.objects.get(category__code="H01")

    started_at, due_at = norm_spans(norm, at=NOON, damaged_at=NOON, celsius=celsius)[Clock.FIX]

    assert due_at - started_at == 60 * hours * MINUTE
