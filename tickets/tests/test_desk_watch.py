"""«Надёжность» and «Дежурства»: what those who answer for the centre must see before somebody is missed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import DutyPost, DutyShift, Role
from callbacks.services import beat, watch
from callbacks.services.watch import GRACE, KEEPER, WORKER
from tickets.models import InvariantCheck
from tickets.services.invariants import QUERIES
from tickets.tests.conftest import SetMoment
from tickets.tests.factories import (
    MINUTE,
    NOON,
    UserFactory,
    break_promise,
    make_promise,
    on_duty,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NOW = NOON + 20 * MINUTE
Rung = list[str]


@pytest.fixture(autouse=True)
def _a_running_centre(at: SetMoment, monkeypatch: pytest.MonkeyPatch) -> None:
    at(NOW)
    monkeypatch.setattr(watch, "uptime", lambda: 2 * GRACE)
    for name in (WORKER, KEEPER):
        beat(name=name, at=NOW)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """The tasks that were asked for."""
    asked: Rung = []
    monkeypatch.setattr("callbacks.alarms.ring_at", lambda moment, *, now, task: asked.append(task))
    return asked


def reliability(**query: Any) -> str:
    return signed_in(role=Role.SUPERVISOR).get(reverse("desk:watch"), query).content.decode()


# ── «Надёжность» ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_healthy_centre_says_so() -> None:
    told = reliability()
    assert "Всё работает" in told
    assert "На все тревоги ответили" in told
    assert "Проверки ещё не было" in told


def test_a_silent_watchman_is_named() -> None:
    beat(name=WORKER, at=NOW - MINUTE)
    told = reliability()
    assert "Есть неисправность" in told
    assert "отметился 1:00 назад" in told


def test_unanswered_alarms_are_counted_by_rung() -> None:
    on_duty()
    for phone in ("+79100000002", "+79100000003"):
        make_promise(phone=phone)
    break_promise()
    assert '<td>старший смены</td><td class="number">2</td><td class="number">2</td>' in reliability()


def test_somebody_on_duty_without_an_address_is_named() -> None:
    on_duty(last_name="Безадресный", email="")
    on_duty(DutyPost.HEAD, role=Role.HEAD, last_name="Почтовый")
    told = reliability()
    assert "Безадресный" in told
    assert "Почтовый" not in told


def test_the_last_examination_is_told() -> None:
    InvariantCheck.objects.create(checked_at=NOW - HOUR, seconds=2.5)
    assert f"Все правила соблюдены: {len(QUERIES)} из {len(QUERIES)}." in reliability()
    InvariantCheck.objects.create(
        checked_at=NOW, seconds=2.5, broken=[{"rule": "I6 a rung that rang early", "count": 12, "ids": [1, 2]}]
    )
    told = reliability()
    assert f"Нарушено правил: 1 из {len(QUERIES)}." in told
    assert "I6 a rung that rang early" in told
    assert "записей 12, например 1, 2" in told


def test_an_examination_is_asked_for_and_waited_for(rung: Rung) -> None:
    last = InvariantCheck.objects.create(checked_at=NOW - HOUR, seconds=2.5)
    client = signed_in(role=Role.HEAD)
    answer = client.post(reverse("desk:watch-check"))
    assert rung == ["tickets.check_invariants"]
    assert answer["Location"] == f"{reverse('desk:watch')}?after={last.pk}"
    assert "Проверка сейчас начнётся" in client.get(answer["Location"]).content.decode()
    InvariantCheck.objects.create(checked_at=NOW, seconds=1)
    assert "Проверка сейчас начнётся" not in client.get(answer["Location"]).content.decode()


def test_an_examination_under_way_is_seen_by_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.views.desk.watch.is_being_checked", lambda: True)
    assert "Идёт проверка" in reliability()


def test_without_a_worker_the_examination_waits_and_says_so() -> None:
    beat(name=WORKER, at=NOW - MINUTE)
    assert "начнётся, когда вернётся основной обработчик" in reliability(after="0")


def test_without_the_broker_no_examination_is_promised(monkeypatch: pytest.MonkeyPatch, rung: Rung) -> None:
    monkeypatch.setattr(watch.Broker, "answers", lambda self: False)
    client = signed_in(role=Role.SUPERVISOR)
    answer = client.post(reverse("desk:watch-check"), follow=True)
    assert "очередь заданий не отвечает" in answer.content.decode()
    assert rung == []


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "²"])
def test_a_strange_address_waits_for_nothing(after: str) -> None:
    assert "Проверка сейчас начнётся" not in reliability(after=after)


def test_the_refresh_is_the_part_alone() -> None:
    answer = signed_in(role=Role.ADMIN).get(reverse("desk:watch"), HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in answer
    assert "Кто следит за сроками" in answer


def test_the_queue_tells_the_same(at: SetMoment) -> None:
    client = signed_in()
    assert "сроки под присмотром" in page(client, "desk:queue")
    at(NOW + MINUTE)
    assert "за сроками никто не следит" in page(client, "desk:queue")


def test_the_queue_knows_a_start_from_a_fault(at: SetMoment, monkeypatch: pytest.MonkeyPatch) -> None:
    at(NOW + HOUR)
    monkeypatch.setattr(watch, "uptime", lambda: MINUTE / 10)
    assert "обработчик сроков запускается" in page(signed_in(), "desk:queue")


# ── «Дежурства» ──────────────────────────────────────────────────────────────────────────────────────────────────
def shift(post: str, since: datetime, until: datetime, **given: Any) -> DutyShift:
    return DutyShift.objects.create(user=UserFactory.create(**given), post=post, starts_at=since, ends_at=until)


def roster(role: Role = Role.SUPERVISOR) -> str:
    return page(signed_in(role=role), "desk:roster")


def test_a_post_that_nobody_holds_is_said_in_words() -> None:
    told = roster()
    assert "никого: 02.02 12:20 – 16.02 12:20" in told
    for instead in ("спросят всех старших смены", "спросят всех руководителей центра", "спросят руководителя центра"):
        assert instead in told


def test_shifts_and_gaps_of_a_post() -> None:
    shift(DutyPost.SUPERVISOR, NOW - HOUR, NOW + 8 * HOUR, last_name="Дневная")
    shift(DutyPost.SUPERVISOR, NOW + 9 * HOUR, NOW + 400 * HOUR, last_name="Долгая")
    told = roster()
    assert "Сейчас:" in told
    assert "Дневная" in told
    assert "никого: 02.02 20:20 – 02.02 21:20" in told
    assert "пробелов: 1" in told
    assert told.count(">сейчас</span>") == 1


@pytest.mark.parametrize(
    ("person", "hook", "fault"),
    [
        ({"email": ""}, "", "нет ни почты, ни телефона"),
        ({"email": "", "phone": "+79101112233"}, "", "нет почты"),
        ({}, "https://sms.example.org/send", "нет телефона"),
        ({"is_active": False}, "", "больше не работает"),
    ],
)
def test_who_cannot_be_told_is_marked(person: dict[str, Any], hook: str, fault: str, settings: Any) -> None:
    settings.NOTIFY_HOOK_URL = hook
    shift(DutyPost.SUPERVISOR, NOW - HOUR, NOW + HOUR, **person)
    assert fault in roster()


def test_who_can_be_told_is_not_marked(settings: Any) -> None:
    settings.NOTIFY_HOOK_URL = ""
    shift(DutyPost.SUPERVISOR, NOW - HOUR, NOW + HOUR)
    told = roster()
    assert "нет телефона" not in told
    assert "нет почты" not in told


@pytest.mark.parametrize(("role", "edits"), [(Role.SUPERVISOR, True), (Role.HEAD, True), (Role.ADMIN, True)])
def test_the_link_to_edit_is_for_those_who_may(role: Role, edits: bool) -> None:
    assert (reverse("admin:accounts_dutyshift_changelist") in roster(role)) is edits
