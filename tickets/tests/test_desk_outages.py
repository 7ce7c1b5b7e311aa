"""The pages of outages: the list, the calendar, announcing, one outage with its acts, and what a ticket's card says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from callbacks.models import Contact
from companies.models import Company
from tickets.models import AddedContact, DismissedHunch, Outage, Ticket
from tickets.services import Address, add_to_ticket
from tickets.tests.conftest import SetMoment
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    LocalityFactory,
    UserFactory,
    answers_for,
    break_promise,
    make_ticket,
    on_duty,
    page,
    signed_in,
)
from tickets.tests.test_hunches import calls
from tickets.tests.test_outages import announced, called, end

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_past_noon(at: SetMoment) -> None:
    """Every page here is read at two minutes past noon unless told."""


def act(client: Client, outage: Outage, name: str, **given: Any) -> str:
    """Send an act's form; what the page after it says."""
    url = reverse("desk:outage_act", kwargs={"pk": outage.pk, "act": name})
    return client.post(url, given, follow=True).content.decode()


def local(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_list_says_what_is_off_what_will_be_and_when_the_next_news_are_due() -> None:
    announced(where="ул. Кирова, 1–40", cause="порыв")
    announced(where="ул. Мира, 2", kind=Outage.Kind.PLANNED, starts_at=NOON + 60 * MINUTE)
    shown = page(signed_in(), "desk:outages")
    assert shown.index("Сейчас отключено") < shown.index("ул. Кирова, 1–40") < shown.index("Скоро отключат")
    assert shown.index("Скоро отключат") < shown.index("ул. Мира, 2")
    assert "порыв" in shown
    assert "28:00" in shown


def test_an_empty_list_says_what_will_be_there() -> None:
    assert "Сейчас ничего не отключено" in page(signed_in(), "desk:outages")


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_costs_the_same_for_one_and_for_many(count: int, django_assert_max_num_queries: Any) -> None:
    for number in range(count):
        outage = announced()
        called(outage, number)
    client = signed_in()
    page(client, "desk:outages")
    with django_assert_max_num_queries(8):
        page(client, "desk:outages")


def test_what_is_over_stands_under_past() -> None:
    outage = announced()
    end(outage, minutes=1)
    client = signed_in()
    assert outage.where not in page(client, "desk:outages")
    past = client.get(reverse("desk:outages"), {"shown": "past"}).content.decode()
    assert outage.where in past
    assert "включили" in past


def test_a_suggestion_is_announced_with_its_tickets_or_dismissed() -> None:
    numbers = calls("20", "20", "22")
    house = LocalityFactory.create()
    for number in ("20", "22"):
        BuildingFactory.create(locality=house, street="ул. Кирова", house=number)
    client = signed_in()
    assert "Похоже на отключение" in page(client, "desk:outages")

    form = client.get(reverse("desk:outage_new"), {"like": numbers[1]})
    given = form.context["form"].initial
    assert given["lines"] == "ул. Кирова 20, 22"
    assert given["like"] == numbers[0]
    client.post(reverse("desk:outage_new"), {
        "kind": "emergency", "services": [service.pk for service in given["services"]], "text": given["text"],
        "locality": given["locality"].pk, "lines": given["lines"], "like": given["like"],
        "starts_at": local(given["starts_at"]),
    })  # fmt: skip
    outage = Outage.objects.get()
    assert outage.where == "г. Калуга, ул. Кирова 20, 22"
    assert set(outage.tickets.values_list("number", flat=True)) == set(numbers)
    assert "Похоже на отключение" not in page(client, "desk:outages")


def test_a_suggestion_that_is_none_is_dismissed_with_a_reason() -> None:
    number = calls("20", "20", "20")[0]
    client = signed_in()
    client.post(reverse("desk:hunch_dismiss"), {"like": number, "reason": " "})
    assert not DismissedHunch.objects.exists()
    client.post(reverse("desk:hunch_dismiss"), {"like": number, "reason": "Слесарь перекрыл на час"})
    assert DismissedHunch.objects.get().reason == "Слесарь перекрыл на час"
    answer = client.post(reverse("desk:hunch_dismiss"), {"like": number, "reason": "Ещё раз"}, follow=True)
    assert "Этой догадки уже нет" in answer.content.decode()


# ── Announcing ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_houses_are_shown_before_anything_is_announced() -> None:
    for house in ("1", "2", "3"):
        BuildingFactory.create(street="ул. Кирова", house=house)
    told = {"locality": LocalityFactory.create().pk, "lines": "Кирова 1–3 нечётные\nЛенина"}
    shown = signed_in().post(reverse("desk:outage_houses"), told).content.decode()
    assert "Найдено домов: 2" in shown
    assert "1, 3" in shown
    assert "«Ленина»: такой улицы в реестре нет" in shown


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"lines": "Некрасова"}, "«Некрасова»: такой улицы в реестре нет"),
        ({"lines": ""}, "Впишите улицы и дома"),
        ({"services": []}, "Отметьте, что отключено."),
        ({"text": " "}, "Напишите, что сказать жителю."),
        ({"ends_at": "2026-02-02T11:00"}, "Отключение должно кончаться позже, чем начинается."),
        ({"next_by": "2026-02-02T11:00"}, "Время следующей новости должно быть в будущем."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(given: dict[str, Any], sentence: str) -> None:
    house = BuildingFactory.create(street="ул. Кирова")
    told = {
        "kind": "planned", "services": ["1"], "locality": house.locality_id, "lines": "Кирова",
        "text": "Работы на сети", "starts_at": "2026-02-02T13:00",
    } | given  # fmt: skip
    shown = signed_in().post(reverse("desk:outage_new"), told).content.decode()
    assert sentence in shown
    assert not Outage.objects.exists()
    if given.get("text") is None:
        assert "Работы на сети" in shown


def test_all_houses_of_a_managing_organisation_are_announced_by_one_choice() -> None:
    company: Company = CompanyFactory.create()
    for _house in range(2):
        answers_for(company, building=BuildingFactory.create())
    BuildingFactory.create()
    told = {
        "kind": "planned", "services": ["1"], "locality": LocalityFactory.create().pk, "manager": company.pk,
        "text": "Работы на сети", "starts_at": "2026-02-02T13:00",
    }  # fmt: skip
    signed_in().post(reverse("desk:outage_new"), told)
    outage = Outage.objects.get()
    assert outage.buildings.count() == 2
    assert outage.where == f"г. Калуга, дома: {company}"


# ── One outage ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_outage_says_what_to_tell_and_who_rang() -> None:
    outage = announced()
    ticket = called(outage, 1, wants_news=True)
    shown = page(signed_in(), "desk:outage", pk=outage.pk)
    assert "Порыв на теплотрассе. Обещают включить до 17:00." in shown
    assert ticket.number in shown
    assert "всего 1 · сказано сразу 1 · просят позвонить 1" in shown
    assert "Отменить отключение" not in shown
    assert "Отменить отключение" in page(signed_in(role=Role.SUPERVISOR), "desk:outage", pk=outage.pk)
    assert "Сообщить новость" not in page(signed_in(role=Role.HEAD), "desk:outage", pk=outage.pk)


def test_news_with_a_new_term_move_the_tickets_too() -> None:
    outage = announced()
    ticket = called(outage, 1)
    shown = act(signed_in(), outage, "news", text="Не успеваем.", ends_at=local(NOON + 420 * MINUTE))
    assert "Заявок: 1" in shown
    ticket.refresh_from_db()
    assert ticket.planned_at == NOON + 420 * MINUTE


def test_a_refused_word_comes_back_with_what_was_typed() -> None:
    outage = announced()
    end(outage, minutes=1)
    shown = act(signed_in(), outage, "news", text="Копают дальше")
    assert "Это отключение уже закончилось или отменено" in shown
    assert "Копают дальше" in shown


def test_the_end_opens_the_list_and_names_who_would_not_move() -> None:
    outage = announced(company=None)
    company = CompanyFactory.create()
    tickets = [called(outage, 1), *(called(outage, number, company=company) for number in (2, 3))]
    client = signed_in()
    shown = act(client, outage, "end", works="Заварили", said_by="Петров")
    assert f"Не получилось: {tickets[0].number}: У заявки и у отключения нет исполнителя." in shown
    assert "Обзвон" in shown
    assert "Отметить сделанными оставшиеся" in shown
    assert shown.count("двое из каждого дома") == 2


def test_the_supervisor_waives_the_rest_from_the_page(at: SetMoment) -> None:
    outage = announced()
    for number in (1, 2, 3):
        called(outage, number)
    end(outage, minutes=1)
    operator, supervisor = signed_in(), signed_in(role=Role.SUPERVISOR)
    assert "Снять остальные обещания" not in page(operator, "desk:outage", pk=outage.pk)
    shown = act(supervisor, outage, "waive", reason="other", note="Двое подтвердили")
    assert "Заявок: 1" in shown
    assert Ticket.objects.filter(status="closed_unconfirmed").count() == 1


@pytest.mark.parametrize("count", [1, 8])
def test_one_outage_costs_the_same_for_one_and_for_many(count: int, django_assert_max_num_queries: Any) -> None:
    outage = announced()
    for number in range(count):
        called(outage, number)
    end(outage, minutes=1)
    client = signed_in()
    page(client, "desk:outage", pk=outage.pk)
    with django_assert_max_num_queries(17):
        page(client, "desk:outage", pk=outage.pk)


def test_an_alarm_about_news_leads_to_its_outage(at: SetMoment) -> None:
    supervisor = on_duty()
    outage = announced()
    break_promise(NOON + 30 * MINUTE)
    at(NOON + 31 * MINUTE)
    shown = page(signed_in(supervisor), "desk:alarms")
    assert f'<a href="{reverse("desk:outage", kwargs={"pk": outage.pk})}">Отключение: ул. Кирова, 1–40</a>' in shown


# ── The calendar ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_calendar_shows_every_day_that_an_outage_lasts() -> None:
    announced(kind=Outage.Kind.PLANNED, starts_at=NOON + timedelta(days=3), ends_at=NOON + timedelta(days=4))
    client = signed_in()
    shown = page(client, "desk:outage_calendar")
    assert "Февраль 2026" in shown
    assert shown.count('class="month-outage"') == 2
    later = client.get(reverse("desk:outage_calendar"), {"month": "2026-03"}).content.decode()
    assert "month-outage" not in later


@pytest.mark.parametrize("month", ["", "2026-13", "1990-01", "2026-02-01", "x" * 50])
def test_a_month_that_is_none_is_this_one(month: str) -> None:
    answer = signed_in().get(reverse("desk:outage_calendar"), {"month": month})
    assert "Февраль 2026" in answer.content.decode()


def test_what_lasts_past_its_promise_lasts_until_today(at: SetMoment) -> None:
    announced(starts_at=NOON, ends_at=NOON + 60 * MINUTE)
    at(NOON + timedelta(days=2))
    assert page(signed_in(), "desk:outage_calendar").count('class="month-outage"') == 3


# ── On the card of a ticket ──────────────────────────────────────────────────────────────────────────────────────
def test_a_ticket_joins_the_outage_at_its_address_and_leaves_it() -> None:
    outage = announced()
    ticket = make_ticket(code="W05", address=Address(building=outage.buildings.get()))
    client = signed_in()
    assert "Присоединить к отключению" in page(client, "desk:card", number=ticket.number)
    client.post(
        reverse("desk:outage_join", kwargs={"number": ticket.number}), {"outage": outage.pk, "wants_news": "on"}
    )
    shown = page(client, "desk:card", number=ticket.number)
    assert "просит позвонить, когда включат" in shown
    assert reverse("desk:outage", kwargs={"pk": outage.pk}) in shown
    client.post(reverse("desk:outage_leave", kwargs={"number": ticket.number}))
    ticket.refresh_from_db()
    assert ticket.outage is None


def test_an_outage_elsewhere_is_not_offered_and_not_taken() -> None:
    outage = announced()
    ticket = make_ticket(code="W05", address=Address(building=BuildingFactory.create()))
    client = signed_in()
    assert "Присоединить к отключению" not in page(client, "desk:card", number=ticket.number)
    client.post(reverse("desk:outage_join", kwargs={"number": ticket.number}), {"outage": outage.pk})
    ticket.refresh_from_db()
    assert ticket.outage is None


def test_further_calls_stand_on_the_card() -> None:
    ticket = make_ticket()
    contact = Contact(received_at=NOON + MINUTE, phone="+79105555555", caller_name="Сидорова")
    add_to_ticket(
        ticket=ticket, contact=contact, kind=AddedContact.Kind.NEIGHBOUR, operator=UserFactory.create(),
        at=NOON + MINUTE, note="Тоже темно",
    )  # fmt: skip
    shown = page(signed_in(), "desk:card", number=ticket.number)
    assert "Звонили ещё" in shown
    assert "Сидорова" in shown
    assert "Тоже темно" in shown
