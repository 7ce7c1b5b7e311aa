"""Changing a clock's rule in the admin: a new version each time, with who, when and why; nothing is written over."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client

from accounts.models import Role, User
from callbacks.models import ClockRule, Rung
from callbacks.wording import length_from_words, length_in_words
from tests.admin_pages import page
from tests.test_races import at_once
from tickets.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
LISTED = page(ClockRule, "changelist")
NEW_ROW = {"offset": "", "share": "", "audience": "", "repeat_every": "", "repeat_times": ""}


@pytest.fixture
def person() -> User:
    return UserFactory.create(role=Role.SUPERVISOR, first_name="Наталья", last_name="Белова")


@pytest.fixture
def supervisor(client: Client, person: User) -> Client:
    return signed_in(client, person)


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person, backend="accounts.backends.PasswordBackend")
    return client


def in_force(clock: str) -> ClockRule:
    return ClockRule.objects.in_force().get(clock=clock)


def versions(clock: str) -> QuerySet[ClockRule]:
    return ClockRule.objects.filter(clock=clock)


def url_of(rule: ClockRule) -> str:
    return page(ClockRule, "change", rule.pk)


def typed(client: Client, rule: ClockRule, **changed: str) -> dict[str, Any]:
    """What the browser sends when the page of ``rule`` is saved with ``changed`` fields: its own values are kept."""
    context = client.get(url_of(rule)).context
    form, formset = context["adminform"].form, context["inline_admin_formsets"][0].formset
    parts = (form, formset.management_form, *formset.forms)
    sent = {bound.html_name: bound.value() for part in parts for bound in part}
    sent = {name: "" if value is None else str(value) for name, value in sent.items()}
    return sent | {"note": "Так решили на планёрке"} | changed


def text_of(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


class TestList:
    def test_shows_the_versions_in_force_in_words(self, supervisor: Client) -> None:
        shown = text_of(supervisor.get(LISTED))

        assert (
            "принятие организацией 8 мин, при аварии 5 мин в срок: диспетчер организации, повтор каждые 5 мин, до 3 раз"
            in shown
        )
        assert "через 30 мин после срока: старший смены" in shown
        assert "за 20 % времени до срока: диспетчер организации" in shown
        assert "задаёт настройка CALLBACK_PROMISE" in shown

    def test_takes_as_many_queries_for_two_versions_as_for_one(
        self, supervisor: Client, django_assert_max_num_queries: Any
    ) -> None:
        rule = in_force("acceptance")
        supervisor.post(url_of(rule), typed(supervisor, rule, length="6"))

        with django_assert_max_num_queries(7):
            answer = supervisor.get(LISTED)

        assert text_of(answer).count("принятие организацией") == 1


class TestNewVersion:
    def test_the_form_shows_the_version_in_force(self, supervisor: Client) -> None:
        sent = typed(supervisor, in_force("acceptance"))

        assert (sent["length"], sent["emergency_length"]) == ("8 мин", "5 мин")
        assert (sent["rungs-2-offset"], sent["rungs-2-audience"]) == ("10 мин", "company_head")
        assert (sent["rungs-3-repeat_every"], sent["rungs-3-repeat_times"]) == ("10 мин", "3")

    def test_is_written_with_who_when_and_why(self, supervisor: Client, person: User) -> None:
        former = in_force("acceptance")
        answer = supervisor.post(url_of(former), typed(supervisor, former, length="6"), follow=True)

        rule = in_force("acceptance")
        assert (rule.length, rule.emergency_length) == (6 * MINUTE, 5 * MINUTE)
        assert (rule.created_by, rule.note) == (person, "Так решили на планёрке")
        assert (rule.source, rule.mark) == (former.source, former.mark)
        assert [rung.audience for rung in rule.rungs.all()] == ["company", "operator", "company_head", "supervisor"]
        assert "Новая версия действует для новых заявок; идущие сроки держатся прежней." in text_of(answer)

    def test_leaves_the_former_as_it_was(self, supervisor: Client) -> None:
        former = in_force("acceptance")
        rungs = list(former.rungs.values())

        supervisor.post(url_of(former), typed(supervisor, former, **{"length": "6", "rungs-0-audience": "head"}))

        before = former.length
        former.refresh_from_db()
        assert former.retired_at is not None
        assert former.length == before
        assert list(former.rungs.values()) == rungs

    def test_a_rung_is_put_where_its_time_belongs(self, supervisor: Client) -> None:
        former = in_force("acceptance")
        row = {f"rungs-4-{name}": value for name, value in (NEW_ROW | {"offset": "15", "audience": "head"}).items()}

        supervisor.post(url_of(former), typed(supervisor, former, **row))

        moments = in_force("acceptance").rungs.values_list("number", "offset", "audience")
        assert list(moments)[2:] == [
            (3, 10 * MINUTE, "company_head"), (4, 15 * MINUTE, "head"), (5, 30 * MINUTE, "supervisor"),
        ]  # fmt: skip

    def test_a_rung_is_left_out(self, supervisor: Client) -> None:
        former = in_force("acceptance")

        supervisor.post(url_of(former), typed(supervisor, former, **{"rungs-1-DELETE": "on"}))

        assert [rung.audience for rung in in_force("acceptance").rungs.all()] == [
            "company",
            "company_head",
            "supervisor",
        ]

    def test_a_ladder_of_a_length_set_elsewhere_is_changed(self, supervisor: Client) -> None:
        former = in_force("first_answer")

        supervisor.post(url_of(former), typed(supervisor, former, **{"rungs-0-offset": "-4"}))

        rule = in_force("first_answer")
        assert (rule.length, Rung.objects.get(rule=rule, number=1).offset) == (None, -4 * MINUTE)

    def test_is_told_to_the_journal_of_the_admin(self, supervisor: Client, person: User) -> None:
        former = in_force("acceptance")
        supervisor.post(url_of(former), typed(supervisor, former, length="6"))

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (person, str(in_force("acceptance").pk))
        assert entry.get_change_message() == "длина: 8 мин → 6 мин. Почему: Так решили на планёрке"

    def test_saving_and_going_on_stays_at_the_new_version(self, supervisor: Client) -> None:
        former = in_force("acceptance")

        answer = supervisor.post(url_of(former), typed(supervisor, former, length="6", _continue="1"))

        assert answer.headers["Location"] == url_of(in_force("acceptance"))

    def test_without_a_change_nothing_is_written(self, supervisor: Client) -> None:
        former = in_force("acceptance")

        answer = supervisor.post(url_of(former), typed(supervisor, former), follow=True)

        assert "Ничего не изменилось: новая версия не записана." in text_of(answer)
        assert in_force("acceptance") == former
        assert not LogEntry.objects.exists()


REFUSALS = [
    ({"note": ""}, "note", "Обязательное поле."),
    ({"length": ""}, "length", "Обязательное поле."),
    ({"length": "сколько-нибудь"}, "length", "Не понимаю. Напишите минуты"),
    ({"length": "1 месяц"}, "length", "Не понимаю. Напишите минуты"),
    ({"length": "0"}, "length", "Не меньше одной минуты."),
    ({"length": "-5"}, "length", "Не меньше одной минуты."),
    ({"emergency_length": "400 дней"}, "emergency_length", "Не больше года."),
    ({"rungs-0-offset": "", "rungs-0-share": ""}, "rungs-0-offset", "Укажите одно"),
    ({"rungs-0-offset": "0", "rungs-0-share": "10"}, "rungs-0-offset", "Укажите одно"),
    ({"rungs-0-offset": "", "rungs-0-share": "-95"}, "rungs-0-share", "больше либо равно -90"),
    ({"rungs-0-repeat_times": ""}, "rungs-0-repeat_times", "Сколько раз повторять?"),
    ({"rungs-2-repeat_times": "3"}, "rungs-2-repeat_every", "Через сколько повторять?"),
    ({"rungs-0-offset": "-2"}, "rungs-0-repeat_every", "только предупреждение"),
    ({"rungs-1-offset": "20"}, "rungs-2-offset", "Ступени должны идти по времени"),
    ({"rungs-0-audience": ""}, "rungs-0-audience", "Обязательное поле."),
]


class TestRefusals:
    @pytest.mark.parametrize(("changed", "field", "sentence"), REFUSALS, ids=lambda value: str(value)[:40])
    def test_stands_beside_the_field_and_what_was_typed_stays(
        self, supervisor: Client, changed: dict[str, str], field: str, sentence: str
    ) -> None:
        former = in_force("acceptance")

        answer = supervisor.post(url_of(former), typed(supervisor, former, **changed))

        assert sentence in " ".join(self.errors_of(answer).get(field, []))
        assert in_force("acceptance") == former
        for name, value in changed.items():
            assert self.bound(answer)[name].value() == value

    @staticmethod
    def bound(answer: Any) -> dict[str, Any]:
        form, formset = answer.context["adminform"].form, answer.context["inline_admin_formsets"][0].formset
        return {field.html_name: field for one in (form, *formset.forms) for field in one}

    def errors_of(self, answer: Any) -> dict[str, list[str]]:
        return {name: [str(error) for error in field.errors] for name, field in self.bound(answer).items()}

    def test_a_ladder_asks_somebody(self, supervisor: Client) -> None:
        former = in_force("acceptance")
        none = {f"rungs-{number}-DELETE": "on" for number in range(4)}

        answer = supervisor.post(url_of(former), typed(supervisor, former, **none))

        assert "В лестнице нет ни одной ступени" in text_of(answer)
        assert in_force("acceptance") == former

    def test_a_ladder_does_not_only_warn(self, supervisor: Client) -> None:
        former = in_force("planned_term")
        only_warns = {"rungs-1-DELETE": "on", "rungs-2-DELETE": "on"}

        answer = supervisor.post(url_of(former), typed(supervisor, former, **only_warns))

        assert "Хотя бы одна ступень должна быть в момент срока" in " ".join(self.errors_of(answer)["rungs-0-offset"])
        assert in_force("planned_term") == former

    def test_a_length_set_elsewhere_has_no_field(self, supervisor: Client) -> None:
        former = in_force("fix")
        sent = typed(supervisor, former)
        assert "length" not in sent
        assert "задаёт норма категории" in text_of(supervisor.get(url_of(former)))

        supervisor.post(url_of(former), sent | {"length": "5", "emergency_length": "5"})

        assert in_force("fix") == former

    def test_nothing_is_added_or_deleted(self, supervisor: Client) -> None:
        former = in_force("acceptance")

        assert supervisor.post(page(ClockRule, "add"), typed(supervisor, former)).status_code == 403
        assert supervisor.post(page(ClockRule, "delete", former.pk), {"post": "yes"}).status_code == 403


class TestTwoPeopleAtOnce:
    def test_the_second_is_told_who_was_quicker_and_keeps_what_he_typed(self, supervisor: Client) -> None:
        opened = in_force("acceptance")
        sent = typed(supervisor, opened, length="7")
        head = signed_in(Client(), UserFactory.create(role=Role.HEAD, first_name="Сергей", last_name="Орлов"))
        head.post(url_of(opened), typed(head, opened, length="6"))

        answer = supervisor.post(url_of(opened), sent)

        assert "его изменил другой человек (Сергей Орлов" in text_of(answer)
        assert "длина: 8 мин → 6 мин" in text_of(answer)
        assert answer.context["adminform"].form["length"].value() == "7"
        assert in_force("acceptance").length == 6 * MINUTE

    def test_what_he_saves_knowing_it_is_written(self, supervisor: Client) -> None:
        opened = in_force("acceptance")
        sent = typed(supervisor, opened, length="7")
        supervisor.post(url_of(opened), typed(supervisor, opened, length="6"))
        told = supervisor.post(url_of(opened), sent)

        version = told.context["adminform"].form["version"].value()
        supervisor.post(url_of(opened), sent | {"version": version})

        assert in_force("acceptance").length == 7 * MINUTE
        assert versions("acceptance").count() == 3

    @pytest.mark.parametrize("version", ["", "0", "999999", "x"])
    def test_a_form_of_no_version_writes_nothing(self, supervisor: Client, version: str) -> None:
        former = in_force("acceptance")

        answer = supervisor.post(url_of(former), typed(supervisor, former, length="6", version=version))

        assert answer.status_code == 200
        assert in_force("acceptance") == former

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_the_same_instant_one_is_told(self) -> None:
        people = [signed_in(Client(), UserFactory.create(role=Role.SUPERVISOR)) for _one in range(2)]
        rule = in_force("acceptance")
        sent = [typed(client, rule, length=f"{minutes}") for client, minutes in zip(people, (6, 7), strict=True)]

        answers = at_once(
            *(lambda c=c, data=data: c.post(url_of(rule), data) for c, data in zip(people, sent, strict=True))
        )

        assert sorted(answer.status_code for answer in answers if isinstance(answer, HttpResponse)) == [200, 302]
        assert versions("acceptance").count() == 2


class TestHistory:
    def test_tells_what_was_and_what_became(self, supervisor: Client) -> None:
        former = in_force("acceptance")
        changed = {"length": "6", "emergency_length": "", "rungs-2-audience": "head", "rungs-3-DELETE": "on"}
        supervisor.post(url_of(former), typed(supervisor, former, **changed))

        shown = text_of(supervisor.get(url_of(in_force("acceptance"))))

        assert "Наталья Белова длина: 8 мин → 6 мин при аварии: 5 мин → нет" in shown
        assert (
            "ступень: через 10 мин после срока: руководитель организации → "
            "через 10 мин после срока: руководитель центра" in shown
        )
        assert "повтор каждые 10 мин, до 3 раз → нет Так решили на планёрке" in shown
        assert "так установлено первая версия" in shown

    def test_a_former_version_is_only_read(self, supervisor: Client) -> None:
        former = in_force("acceptance")
        supervisor.post(url_of(former), typed(supervisor, former, length="6"))

        answer = supervisor.get(url_of(former))

        assert "Это прежняя версия." in text_of(answer)
        assert "8 мин" in text_of(answer)
        assert 'name="_save"' not in answer.content.decode()
        assert not answer.context["inline_admin_formsets"]
        assert f'href="{url_of(in_force("acceptance"))}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90), (" 8 мин ", 8), ("2 ч", 120), ("2ч 30мин", 150), ("1 день", 1440), ("3 дня", 4320), ("−3 мин", -3),
        ("-3", -3), ("+5", 5), ("0", 0), ("1 сутки", 1440), ("1 час.", 60), ("2 h", 120), ("1 000", None),
        ("1,5 ч", None),
        ("5 месяцев", None), ("ч", None), ("-", None), ("²", None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_lengths_are_typed_as_people_say_them(text: str, minutes: int | None) -> None:
    assert length_from_words(text) == (None if minutes is None else minutes * MINUTE)


@pytest.mark.parametrize("minutes", [0, 1, -3, 59, 60, 61, 150, 1440, 1500, -4321])
def test_what_is_shown_is_understood_again(minutes: int) -> None:
    assert length_from_words(length_in_words(minutes * MINUTE)) == minutes * MINUTE
