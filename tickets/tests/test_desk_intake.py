"""Writing a call down: the form, its helpful parts, and what becomes of it."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.moments import moment as moment_words
from callbacks.models import CallbackObligation, Contact, Deadline
from companies.models import Building
from tickets.models import Ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    make_promise,
    make_ticket,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
State = CallbackObligation.State
DAY = timedelta(days=1)


@pytest.fixture
def client(at: Any) -> Client:
    return signed_in()


@pytest.fixture
def house() -> Building:
    return BuildingFactory.create(street="ул. Кирова", house="20")


def told(**given: Any) -> dict[str, Any]:
    """A call as it is typed."""
    form = {
        "intake_key": str(uuid4()), "phone": "8 (910) 123-45-67", "caller_name": "Иванова М. П.",
        "address": "кирова 20", "flat": "15", "category": "P03", "text": "Не моют подъезд",
        "received_at": "2026-02-02T12:01:00",
    }  # fmt: skip
    return form | given


def register(client: Client, **given: Any) -> Any:
    return client.post(reverse("desk:intake"), told(**given))


def part(client: Client, name: str, **given: Any) -> str:
    response = client.post(reverse(f"desk:{name}"), given, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_call_becomes_a_ticket_with_its_promise(client: Client, house: Building) -> None:
    company = CompanyFactory.create()
    answers_for(company, building=house)

    response = register(client)

    ticket = Ticket.objects.get()
    assert response["Location"] == reverse("desk:registered", kwargs={"number": ticket.number})
    assert (ticket.building, ticket.flat, ticket.company, ticket.status) == (house, "15", company, "assigned")
    assert (ticket.contact.phone, ticket.contact.caller_name) == ("+79101234567", "Иванова М. П.")
    assert ticket.contact.received_at == NOON + MINUTE
    # Ten minutes from the answered call, not from the saving.
    assert ticket.callback.due_at == NOON + 11 * MINUTE


def test_the_number_and_the_time_are_shown_to_be_dictated(client: Client, house: Building) -> None:
    register(client)
    ticket = Ticket.objects.get()

    shown = page(client, "desk:registered", number=ticket.number)

    assert ticket.number in shown
    assert "Перезвоним до <b>12:11</b>" in shown
    assert 'name="draft-saved" content="intake"' in shown


def test_the_same_form_twice_is_one_ticket(client: Client, house: Building) -> None:
    key = str(uuid4())

    first = register(client, intake_key=key)
    second = register(client, intake_key=key)

    assert Ticket.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_the_flat_may_stand_in_the_address(client: Client, house: Building) -> None:
    register(client, address="кир 20 15", flat="")
    ticket = Ticket.objects.get()
    assert (ticket.building, ticket.flat) == (house, "15")


def test_of_many_houses_the_operator_has_to_choose(client: Client, house: Building) -> None:
    BuildingFactory.create(street="ул. Кировская", house="20")

    shown = register(client, address="кир 20").content.decode()

    assert "Выберите дом из списка" in shown
    assert not Ticket.objects.exists()


def test_the_house_said_whole_outweighs_those_that_only_begin_so(client: Client, house: Building) -> None:
    BuildingFactory.create(street="ул. Кирова", house="203")
    register(client, address="Кирова 20")
    assert Ticket.objects.get().building == house


def test_a_house_that_the_register_does_not_know_is_typed(client: Client) -> None:
    register(client, address="", locality="д. Колюпаново", street="Луговая", house="3")

    ticket = Ticket.objects.get()
    assert ticket.building is None
    assert ticket.address == "д. Колюпаново, Луговая, 3, кв. 15"
    assert ticket.status == "registered"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"phone": "сто"}, "Не похоже на номер"),
        ({"phone": ""}, "Нужен номер телефона или причина"),
        ({"phone": "1" * 60}, "Убедитесь"),
        ({"category": ""}, "Выберите, что случилось"),
        ({"category": "X99"}, "Выберите, что случилось, из списка"),
        ({"text": "  "}, "Опишите, что случилось"),
        ({"address": "нигде 1"}, "возьмите адрес как набран"),
        ({"address": "", "street": "Луговая"}, "Нужны улица и дом"),
        ({"received_at": "2026-02-02T18:00:00"}, "не может быть в будущем"),
        ({"received_at": "2025-12-02T18:00:00"}, "старше 31 дня"),
        ({"received_at": "0001-01-01T00:00:00"}, "между 2000 и 2099"),
        ({"damaged_at": "2026-02-02T18:00"}, "только раньше звонка"),
        ({"damaged_at": "2025-01-31T18:00"}, "старше года"),
        ({"damaged_at": "вчера"}, "Введите правильн"),
        ({"building": "99999999999999999999"}, "Проверьте отмеченные поля"),
        ({"intake_key": "abc"}, "Проверьте отмеченные поля"),
    ],
)
def test_a_slip_keeps_everything_that_was_typed(
    client: Client, house: Building, given: dict[str, str], sentence: str
) -> None:
    response = register(client, **given)

    shown = response.content.decode()
    assert response.status_code == 200
    assert sentence in shown
    kept = told(**given)
    assert "Иванова М. П." in shown
    assert kept["text"] in shown
    assert f'value="{kept["phone"]}"' in shown
    assert not Ticket.objects.exists()


def test_a_hidden_number_is_no_reason_to_refuse(client: Client, house: Building) -> None:
    register(client, phone="", no_phone_reason="hidden")

    ticket = Ticket.objects.get()
    assert ticket.callback.state == State.NOT_CALLABLE
    assert "перезвонить нельзя" in page(client, "desk:registered", number=ticket.number)


def test_an_answer_given_at_once_needs_no_address_and_owes_nothing(client: Client) -> None:
    response = register(client, address="", category="", text="Сказала часы приёма", answered="1")

    contact = Contact.objects.get()
    assert response.status_code == 302
    assert (contact.ended_as, contact.note) == ("enquiry", "Сказала часы приёма")
    assert not CallbackObligation.objects.exists()


def test_an_answer_given_at_once_says_what_was_answered(client: Client) -> None:
    assert "Запишите, что ответили" in register(client, text="", answered="1").content.decode()


def test_the_operators_own_choice_of_organisation_counts(client: Client, house: Building) -> None:
    answers_for(CompanyFactory.create(), building=house)
    chosen = CompanyFactory.create()

    register(client, building=house.pk, company=chosen.pk, guided_for=f"P03:{house.pk}")

    assert Ticket.objects.get().company == chosen


def test_a_choice_made_for_another_problem_does_not_count(client: Client, house: Building) -> None:
    answering = CompanyFactory.create()
    answers_for(answering, building=house)

    register(client, company=CompanyFactory.create().pk, guided_for=f"W01:{house.pk}")

    assert Ticket.objects.get().company == answering


def test_an_emergency_is_marked_by_the_operator_or_by_its_kind(client: Client, house: Building) -> None:
    register(client, is_emergency="on")
    register(client, category="W01")
    register(client, category="W01", building=house.pk, guided_for=f"W01:{house.pk}")

    assert list(Ticket.objects.order_by("pk").values_list("is_emergency", flat=True)) == [True, True, False]


# ── The parts ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_houses_are_suggested_by_a_few_letters_the_exact_one_first(client: Client, house: Building) -> None:
    for number in range(200, 215):
        BuildingFactory.create(street="ул. Кирова", house=str(number))

    shown = part(client, "buildings", address="кир 20")

    assert len(re.findall(r'data-value="\d', shown)) == 10
    assert shown.index("ул. Кирова, 20 ") < shown.index("ул. Кирова, 200")


def test_suggestions_ask_the_database_once(client: Client, house: Building, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        part(client, "buildings", address="кир 20")


def test_the_guide_says_norm_organisation_and_why(client: Client, house: Building) -> None:
    company = CompanyFactory.create(name="УК «Порядок»")
    answers_for(company, building=house)

    shown = part(client, "guide", category="W01", building=house.pk)

    assert "УК «Порядок»" in shown
    assert "отвечает за этот дом по реестру" in shown
    assert 'id="id_is_emergency" data-skip checked' in shown


def test_the_guide_reads_out_the_script_of_danger(client: Client, house: Building) -> None:
    assert "Не включайте и не выключайте свет" in part(client, "guide", category="G01", building=house.pk)


def test_the_centres_own_rule_is_not_shown_as_law(client: Client, house: Building) -> None:
    from tickets.models import Norm

    own = Norm.objects.filter(mark="D").select_related("category").first()
    assert own is not None

    shown = part(client, "guide", category=own.category.code)

    assert "правило центра" in shown


def guide_of(client: Client, code: str, **given: Any) -> str:
    """The lines of the guide, without tags and doubled white space."""
    shown = part(client, "guide", category=code, **given)
    return " ".join(re.sub(r"<[^>]+>", "", shown[shown.index("guide-terms") : shown.index("</ul>")]).split())


@pytest.mark.parametrize(
    ("code", "moment", "line"),
    [
        ("W01", NOON, r"локализовать до .*12:30"),
        ("W01", NOON, r"устранить до .*05\.02.* 12:00: 3 дн считаются от повреждения"),
        # 22:30 in Kaluga: half an hour of work today, the rest from eight in the morning.
        ("R01", NOON + 630 * MINUTE, r"устранить до .*09:30: работают с 08:00 до 23:00"),
        ("P05", NOON, r"устранить до завтра 12:00: зимой 1 дн"),
        ("P05", NOON + 180 * DAY, r"устранить до .*12:00: летом 3 дн"),
        ("B01", NOON, r"письменно ответить не позднее 16\.02\.2026: рабочих дней: 10"),
    ],
)
def test_the_guide_says_until_when_and_why(at: Any, client: Client, code: str, moment: datetime, line: str) -> None:
    at(moment)
    assert re.search(line, guide_of(client, code))


def test_the_guide_reckons_as_the_clocks_of_the_ticket_do(client: Client, house: Building) -> None:
    said = guide_of(client, "W01", damaged_at="2026-02-01T09:00")
    register(client, category="W01", damaged_at="2026-02-01T09:00")
    fix = Deadline.objects.get(clock="fix", ticket_deadline__ticket=Ticket.objects.get())
    assert moment_words(fix.due_at, NOON + 2 * MINUTE) in said


def test_the_guide_says_when_the_term_has_passed_already(client: Client) -> None:
    assert "(срок уже прошёл)" in guide_of(client, "W01", damaged_at="2026-01-20T09:00")


# ── When it broke ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_repair_counts_from_the_damage_when_it_is_told(client: Client, house: Building) -> None:
    register(client, category="W01", damaged_at="2026-02-01T12:00")
    ticket = Ticket.objects.get()
    fix = Deadline.objects.get(clock="fix", ticket_deadline__ticket=ticket)
    assert (ticket.damaged_at, fix.started_at, fix.due_at) == (NOON - DAY, NOON - DAY, NOON + 2 * DAY)


def test_left_out_it_broke_when_he_rang(client: Client, house: Building) -> None:
    register(client, category="W01")
    ticket = Ticket.objects.get()
    fix = Deadline.objects.get(clock="fix", ticket_deadline__ticket=ticket)
    assert (ticket.damaged_at, fix.started_at) == (None, NOON + MINUTE)


def test_the_slip_stands_beside_its_field_and_the_fold_is_open(client: Client, house: Building) -> None:
    shown = register(client, damaged_at="2026-02-02T18:00").content.decode()
    assert 'aria-describedby="id_damaged_at_error"' in shown
    assert 'value="2026-02-02T18:00"' in shown
    assert '<details class="step fold" open>' in shown


def test_a_known_number_brings_names_tickets_and_promises(client: Client) -> None:
    ticket = make_ticket()

    shown = part(client, "known", phone="8 910 123 45 67")

    assert "Иванова М. П." in shown
    assert ticket.number in shown
    assert "Мы должны ему позвонить" in shown


def test_half_a_number_brings_nothing(client: Client) -> None:
    make_ticket()
    assert "Иванова" not in part(client, "known", phone="8 910")


def test_a_stranger_is_said_to_be_one(client: Client) -> None:
    assert "ещё не звонили" in part(client, "known", phone="56-12-34")


def test_who_rings_himself_is_not_rung_any_more(client: Client) -> None:
    first, second = make_ticket(), make_ticket()

    shown = part(
        client, "settle", phone="89101234567", promises=[first.callback.pk, second.callback.pk],
        note="Сказала, что УК приняла", started_at="2026-02-02T12:00:30+03:00",
    )  # fmt: skip

    assert "обещание исполнено этим разговором" in shown
    first.callback.refresh_from_db()
    second.callback.refresh_from_db()
    assert (first.callback.state, second.callback.state) == (State.SATISFIED, State.SATISFIED)


def test_a_talk_that_says_nothing_settles_nothing(client: Client) -> None:
    ticket = make_ticket()

    shown = part(client, "settle", phone="89101234567", promises=[ticket.callback.pk], note=" ")

    assert "Запишите, что сказали" in shown
    ticket.callback.refresh_from_db()
    assert ticket.callback.state == State.OPEN


def test_one_talk_does_not_settle_promises_to_two_numbers(client: Client) -> None:
    ours, foreign = make_promise(), make_promise(phone="+79109999999")
    shown = part(client, "settle", phone="89101234567", promises=[ours.pk, foreign.pk], note="Поговорили")
    assert "разным номерам" in shown


# ── A missed call that turns into a ticket ───────────────────────────────────────────────────────────────────────
def test_a_missed_call_fills_in_the_number_and_leads_back(client: Client, house: Building) -> None:
    promise = make_promise(reason=CallbackObligation.Reason.MISSED_CALL)
    form = client.get(reverse("desk:intake"), {"callback": promise.pk}).content.decode()
    assert 'value="8 (910) 123-45-67"' in form

    response = register(client, obligation=promise.pk)

    shown = client.get(response["Location"]).content.decode()
    assert f"{reverse('desk:callback', kwargs={'pk': promise.pk})}?made={Ticket.objects.get().number}" in shown


@pytest.mark.parametrize("asked", ["0", "-1", "x", "9" * 30, "²"])
def test_a_wrong_address_of_a_missed_call_is_an_empty_form(client: Client, asked: str) -> None:
    assert client.get(reverse("desk:intake"), {"callback": asked}).status_code == 200


def test_the_form_asks_little(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        page(client, "desk:intake")


def test_registering_asks_little(client: Client, house: Building, django_assert_max_num_queries: Any) -> None:
    answers_for(CompanyFactory.create(), building=house)
    form = told(building=house.pk, guided_for=f"P03:{house.pk}", company="")
    with django_assert_max_num_queries(30):
        client.post(reverse("desk:intake"), form)


def test_who_only_reads_has_no_form(at: Any) -> None:
    head = signed_in(UserFactory.create(role=Role.HEAD))
    assert head.get(reverse("desk:intake")).status_code == 404
