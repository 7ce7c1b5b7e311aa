"""Whether those on the line keep what is promised: the table, the words, and what is read."""

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.models import LineSpell
from callbacks.models import CallAttempt
from callbacks.services import finish_attempt, start_attempt
from tickets.services.forecast import USUAL_TALK, Forecast, Owed, by_storm_rule, foresee, read_forecast, usual_talk
from tickets.templatetags.shift import in_words

from .factories import MINUTE, NOON, UserFactory, make_promise

TALK = 3 * MINUTE


def due(*minutes: float, not_before: float = 0) -> list[Owed]:
    return [Owed(NOON + one * MINUTE, NOON + not_before * MINUTE) for one in minutes]


@pytest.mark.parametrize(
    ("owed", "on_line", "talking", "breaks", "first", "missing"),
    [
        ([], 0, 0, 0, None, 0),
        # One after another: at 3, 6 and 9 minutes; exactly at the minute is in time.
        (due(3, 6, 9), 1, 0, 0, None, 0),
        (due(3, 6, 8.9), 1, 0, 1, 8.9, 1),
        # Whoever talks is free in half a talk.
        (due(4.5), 1, 1, 0, None, 0),
        (due(4.4), 1, 1, 1, 4.4, 1),
        # Nobody on the line: all of them break; four are enough for ten of them.
        (due(*[10] * 10), 0, 0, 10, 10, 4),
        # The storm rule asks for no fewer than backlog × talk ÷ ten minutes.
        (due(*[10] * 10), 2, 0, 4, 10, 2),
        # What is late already is rung first, counted apart, and breaks the next one.
        (due(-1, -1, 5), 1, 0, 1, 5, 2),
        # What nobody could keep any more calls for nobody.
        (due(1), 5, 0, 1, 1, 0),
        # A promise for later holds up nobody before its time, and is not rung before it.
        (due(20, not_before=10) + due(3, 6), 1, 0, 0, None, 0),
        (due(12, not_before=10), 3, 0, 1, 12, 0),
        # Those who are late already break no more, and still want more people: ten of them, three minutes each.
        (due(*[-1] * 10), 1, 0, 0, None, 2),
        (due(*[-1] * 10), 3, 0, 0, None, 0),
        # Danger goes before what is due sooner.
        ([*due(3), Owed(NOON + 9 * MINUTE, NOON, is_danger=True)], 1, 0, 1, 3, 1),
    ],
)
def test_what_will_be_broken(
    owed: list[Owed], on_line: int, talking: int, breaks: int, first: float | None, missing: int
) -> None:
    seen = foresee(owed=owed, on_line=on_line, talking=talking, talk=TALK, at=NOON)

    assert (seen.breaks, seen.missing) == (breaks, missing)
    assert seen.first_at == (None if first is None else NOON + first * MINUTE)


@pytest.mark.parametrize("waiting", [7, 40, 120])
def test_as_many_as_are_missing_are_enough(waiting: int) -> None:
    owed = due(*(1 + number * 12 / waiting for number in range(waiting)))
    short = foresee(owed=owed, on_line=1, talking=0, talk=TALK, at=NOON)
    crowd = foresee(owed=owed, on_line=1000, talking=0, talk=TALK, at=NOON)

    enough = foresee(owed=owed, on_line=1 + short.missing, talking=0, talk=TALK, at=NOON)

    assert short.breaks > enough.breaks == crowd.breaks


@pytest.mark.parametrize(
    ("minutes", "breaks", "missing", "words"),
    [
        (12, 5, 2, "Через 12 минут сорвём 5 обещаний: нужны ещё двое"),
        (1, 1, 1, "Через 1 минуту сорвём 1 обещание: нужен ещё один"),
        (0.2, 22, 3, "Через 1 минуту сорвём 22 обещания: нужны ещё трое"),
        (21, 11, 21, "Через 21 минуту сорвём 11 обещаний: нужен ещё 21"),
        (3, 2, 4, "Через 3 минуты сорвём 2 обещания: нужны ещё четверо"),
        (3, 2, 5, "Через 3 минуты сорвём 2 обещания: нужно ещё 5"),
        (3, 2, 0, "Через 3 минуты сорвём 2 обещания"),
    ],
)
def test_it_is_said_as_people_say_it(minutes: float, breaks: int, missing: int, words: str) -> None:
    seen = Forecast(NOON, 3, 20, 0, TALK, breaks, NOON + minutes * MINUTE, missing)
    with override("ru"):
        assert in_words(seen) == words


def test_nothing_breaks_in_words() -> None:
    assert in_words(Forecast(NOON, 3, 0, 0, TALK)) == "Успеваем ко всем, кому обещали"


def test_everybody_is_late_in_words() -> None:
    assert in_words(Forecast(NOON, 3, 20, 20, TALK, missing=3)) == "Не хватает людей: нужны ещё трое"


def test_it_says_how_many_there_are_and_how_many_are_needed() -> None:
    storm = foresee(owed=due(*[10] * 70), on_line=12, talking=0, talk=4 * MINUTE, at=NOON)

    with override("ru"):
        shown = render_to_string("desk/_forecast.html", {"forecast": storm})

    assert storm.needed == 35
    assert "на линии 12, нужно 35 · ждут 70, разговор 4:00" in shown


@pytest.mark.parametrize(("backlog", "people"), [(0, 0), (1, 1), (2, 1), (3, 2), (70, 28)])
def test_the_storm_rule(backlog: int, people: int) -> None:
    assert by_storm_rule(backlog, 4 * MINUTE) == people


@pytest.mark.django_db
class TestReading:
    def test_it_reads_who_waits_and_who_is_there(self, django_assert_max_num_queries: Any) -> None:
        for number in range(6):
            make_promise(phone=f"+7910123450{number}")
        olga = UserFactory.create()
        LineSpell.objects.create(user=olga, started_at=NOON)

        with django_assert_max_num_queries(4):
            seen = read_forecast(NOON + 5 * MINUTE)

        # One person, three minutes each, five minutes left.
        assert (seen.waiting, seen.on_line, seen.breaks, seen.missing) == (6, 1, 5, 5)

    def test_a_storm_is_counted_to_its_end(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("tickets.services.forecast.READ", 5)
        for number in range(20):
            make_promise(phone=f"+791012345{number:02d}")

        seen = read_forecast(NOON + 11 * MINUTE)

        # Late all of them, three minutes each; nobody is on the line.
        assert (seen.waiting, seen.late, seen.on_line, seen.needed) == (20, 20, 0, 6)

    def test_who_is_being_rung_does_not_wait(self) -> None:
        olga = UserFactory.create()
        start_attempt(obligation=make_promise(), operator=olga, at=NOON + MINUTE)

        assert read_forecast(NOON + 2 * MINUTE).waiting == 0

    @pytest.mark.parametrize(("talks", "length"), [(4, USUAL_TALK), (5, 5 * MINUTE)])
    def test_the_length_of_a_talk_is_that_of_the_last_hours(self, talks: int, length: timedelta) -> None:
        for number in range(talks):
            promise = make_promise(phone=f"+7910123450{number}")
            attempt = start_attempt(obligation=promise, operator=UserFactory.create(), at=NOON)
            finish_attempt(attempt=attempt, outcome=CallAttempt.Outcome.REACHED, at=NOON + 5 * MINUTE, note="Ждите")

        assert usual_talk(NOON + 60 * MINUTE) == length
        assert usual_talk(NOON + 600 * MINUTE) == USUAL_TALK
