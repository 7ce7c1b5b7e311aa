"""What is typed and not saved: it is kept on the server, ends with the call, and shows when nobody goes on with it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from callbacks.models import Contact
from tickets.models import IntakeDraft, Ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    UserFactory,
    make_contact,
    make_ticket,
    page,
    signed_in,
)

pytestmark = pytest.mark.django_db
KEY = UUID("0b5d2c1e-6f0a-4f5e-9d57-0d1f3a7c9b11")
TYPED = {"intake_key": str(KEY), "phone": "8 910 123-45-67", "text": "Течёт с потолка"}


@pytest.fixture
def operator(at: Any) -> User:
    return UserFactory.create()


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


def keep(client: Client, **typed: str) -> int:
    status: int = client.post(reverse("desk:draft"), TYPED | typed).status_code
    return status


def left(user: User, *, minutes: int = 5, **typed: str) -> IntakeDraft:
    """A call that ``user`` left typed so many minutes ago (the pages read two minutes past noon)."""
    touched_at = NOON + (2 - minutes) * MINUTE
    return IntakeDraft.objects.create(
        key=uuid4(), user=user, typed=typed or {"text": "Течёт"}, started_at=touched_at, touched_at=touched_at
    )


# ── Keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_typed_is_kept_as_typed(client: Client, operator: User) -> None:
    assert keep(client) == 204

    draft = IntakeDraft.objects.get()
    assert (draft.key, draft.user) == (KEY, operator)
    assert draft.typed == {"phone": "8 910 123-45-67", "text": "Течёт с потолка"}


def test_keeping_again_changes_the_same_draft(client: Client, at: Any) -> None:
    keep(client)
    at(NOON + 4 * MINUTE)
    assert keep(client, text="Течёт с потолка сильно") == 204

    draft = IntakeDraft.objects.get()
    assert draft.typed["text"] == "Течёт с потолка сильно"
    assert (draft.started_at, draft.touched_at) == (NOON + 2 * MINUTE, NOON + 4 * MINUTE)


def test_keeping_is_cheap(client: Client, django_assert_max_num_queries: Any) -> None:
    keep(client)
    # The session, the person, the clock, the draft.
    with django_assert_max_num_queries(6):
        keep(client)


def test_an_emptied_form_keeps_nothing(client: Client) -> None:
    keep(client)
    assert keep(client, phone="", text="") == 204
    assert not IntakeDraft.objects.exists()


def test_nonsense_keeps_nothing(client: Client) -> None:
    assert keep(client, intake_key="abc") == 400
    assert not IntakeDraft.objects.exists()


def test_a_late_letter_does_not_bring_a_saved_call_back(client: Client) -> None:
    make_ticket(intake_key=KEY)
    assert keep(client) == 409
    assert not IntakeDraft.objects.exists()


def test_somebody_elses_draft_is_not_written_over(client: Client) -> None:
    foreign = left(UserFactory.create())
    keep(client, intake_key=str(foreign.key), text="чужое")
    foreign.refresh_from_db()
    assert foreign.typed == {"text": "Течёт"}


# ── Going on ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_form_goes_on_where_it_was_left(client: Client) -> None:
    keep(client, address="кир 20", for_whom="за маму", rings_long="on", scope="house")

    shown = page(client, "desk:intake")

    assert "Восстановлен черновик от сегодня 12:02" in shown
    assert 'value="8 910 123-45-67"' in shown
    assert "Течёт с потолка</textarea>" in shown
    assert f'name="intake_key" value="{KEY}"' in shown
    assert 'value="house" id="id_scope_3" checked' in shown


@pytest.mark.parametrize(("minutes", "is_there"), [(9, True), (11, False)])
def test_only_what_was_typed_a_moment_ago_comes_back_by_itself(
    client: Client, operator: User, minutes: int, is_there: bool
) -> None:
    left(operator, minutes=minutes)
    assert ("Восстановлен черновик" in page(client, "desk:intake")) is is_there


def test_a_new_call_may_be_asked_for(client: Client) -> None:
    keep(client)
    shown = client.get(reverse("desk:intake"), {"fresh": ""}).content.decode()
    assert "Течёт с потолка" not in shown


def test_somebody_elses_draft_is_not_restored(client: Client) -> None:
    foreign = left(UserFactory.create(), minutes=1, text="чужое")
    assert "чужое" not in page(client, "desk:intake")
    assert "чужое" not in client.get(reverse("desk:intake"), {"draft": str(foreign.key)}).content.decode()


@pytest.mark.parametrize("asked", ["abc", "", "0" * 40, "3cda2ca8-1543-49f9-932d-9b7f2247bb1f"])
def test_a_wrong_address_of_a_draft_is_an_empty_form(client: Client, asked: str) -> None:
    assert client.get(reverse("desk:intake"), {"draft": asked}).status_code == 200


# ── Ending ────────────────────────────────────────────────────────────────────────────────────────────────────────
def save(client: Client, **told: Any) -> Any:
    house = BuildingFactory.create(street="ул. Кирова", house="20")
    form = TYPED | {"building": house.pk, "category": "P03", "received_at": "2026-02-02T12:01:00"}
    return client.post(reverse("desk:intake"), form | told)


def test_saving_lets_go_of_the_draft(client: Client) -> None:
    keep(client)
    assert save(client).status_code == 302
    assert Ticket.objects.get().intake_key == KEY
    assert not IntakeDraft.objects.exists()


def test_what_is_refused_stays_a_draft(client: Client) -> None:
    keep(client)
    assert save(client, phone="сто").status_code == 200
    assert IntakeDraft.objects.exists()


def test_an_enquiry_lets_go_of_the_draft(client: Client) -> None:
    keep(client)
    save(client, answered="1")
    assert Contact.objects.get().ended_as == "enquiry"
    assert not IntakeDraft.objects.exists()


def test_a_draft_can_be_given_up(client: Client) -> None:
    keep(client)
    response = client.post(reverse("desk:draft-drop"), {"intake_key": str(KEY)})
    assert response["Location"] == f"{reverse('desk:intake')}?saved"
    assert not IntakeDraft.objects.exists()


# ── Talks that ended as nothing ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("minutes", "is_there"), [(1, False), (2, True), (60, True)])
def test_a_draft_left_for_two_minutes_is_unfinished(
    client: Client, operator: User, minutes: int, is_there: bool
) -> None:
    left(operator, minutes=minutes, text="Запах в подвале")
    assert ("Запах в подвале" in page(client, "desk:unfinished")) is is_there


def test_without_phone_and_words_there_is_nothing_to_finish(client: Client, operator: User) -> None:
    left(operator, category="P03")
    assert "Незавершённых разговоров нет" in page(client, "desk:unfinished")


def test_a_talk_without_a_letter_is_unfinished(client: Client, operator: User) -> None:
    make_contact(at=NOON - 5 * MINUTE, taken_by=operator)
    assert "Разговор был, записи нет" in page(client, "desk:unfinished")


def test_an_operator_sees_his_own_a_supervisor_all(client: Client) -> None:
    colleague = UserFactory.create(first_name="Ольга", last_name="Петрова")
    left(colleague, text="Нет света")
    make_contact(at=NOON - 5 * MINUTE, taken_by=colleague)

    supervisor = page(signed_in(role=Role.SUPERVISOR), "desk:unfinished")

    assert "Незавершённых разговоров нет" in page(client, "desk:unfinished")
    assert "Нет света" in supervisor
    assert supervisor.count("Ольга Петрова") == 2


def test_the_list_asks_little(client: Client, operator: User, django_assert_max_num_queries: Any) -> None:
    for _number in range(5):
        left(operator)
        make_contact(at=NOON - 5 * MINUTE, taken_by=operator)
    with django_assert_max_num_queries(6):
        page(client, "desk:unfinished")


def test_a_draft_is_ended_as_a_wrong_number(client: Client, operator: User) -> None:
    draft = left(operator, phone="8 910 123-45-67")

    client.post(reverse("desk:unfinished-end"), {"draft": draft.key, "ended_as": "wrong_number"})

    contact = Contact.objects.get()
    assert (contact.ended_as, contact.phone, contact.received_at) == ("wrong_number", "+79101234567", draft.started_at)
    assert not IntakeDraft.objects.exists()


def test_a_talk_is_ended_as_an_enquiry(client: Client, operator: User) -> None:
    talk = make_contact(at=NOON - 5 * MINUTE, taken_by=operator)
    told = {"talk": talk.pk, "ended_as": "enquiry", "note": "Сказала часы приёма"}

    client.post(reverse("desk:unfinished-end"), told)

    talk.refresh_from_db()
    assert (talk.ended_as, talk.note) == ("enquiry", "Сказала часы приёма")
    again = client.post(reverse("desk:unfinished-end"), told, follow=True)
    assert "Этот разговор уже записал" in again.content.decode()


def test_an_answer_has_to_be_written_down(client: Client, operator: User) -> None:
    draft = left(operator)
    shown = client.post(reverse("desk:unfinished-end"), {"draft": draft.key, "ended_as": "enquiry", "note": " "})
    assert "Запишите, что ответили." in shown.content.decode()
    assert IntakeDraft.objects.exists()


def test_somebody_elses_talk_is_not_ended(client: Client) -> None:
    foreign = left(UserFactory.create())
    client.post(reverse("desk:unfinished-end"), {"draft": foreign.key, "ended_as": "wrong_number"})
    assert IntakeDraft.objects.exists()


def test_a_talk_begun_already_becomes_the_ticket(client: Client, operator: User) -> None:
    talk = make_contact(at=NOON - 5 * MINUTE, taken_by=operator)
    form = client.get(reverse("desk:intake"), {"talk": talk.pk}).content.decode()
    assert 'value="8 (910) 123-45-67"' in form

    save(client, talk=talk.pk)

    talk.refresh_from_db()
    assert (talk.ended_as, Ticket.objects.get().contact) == ("ticket", talk)
    assert Contact.objects.count() == 1
