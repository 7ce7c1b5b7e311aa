"""What a person keeps of the list of tickets: views, columns, and the list as a file."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AccessRecord, Role, User
from tickets.models import SavedView
from tickets.tests.factories import NOON, CompanyFactory, UserFactory, make_ticket, signed_in

from .test_finding import cancelled, elsewhere, leaf, listed, many, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return UserFactory.create()


@pytest.fixture
def client(operator: User, at: Any) -> Client:
    return signed_in(operator)


# ── Views and columns ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_view_is_saved_opened_renamed_and_deleted(client: Client, operator: User) -> None:
    ours, _other = make_ticket(operator=operator), make_ticket()
    client.post(reverse("desk:columns-choose"), {"columns": ["number", "phone"]})
    client.post(reverse("desk:view-save") + "?mine=on&q=secret&after=1-1", {"name": "Мои с телефонами"})

    view = SavedView.objects.get()
    assert (view.query, view.columns) == ("mine=on", ["number", "phone"])
    client.post(reverse("desk:columns-choose"), {"columns": ["status"]})
    shown = client.get(reverse("desk:view", kwargs={"pk": view.pk}), follow=True).content.decode()
    assert numbers(shown) == [ours.number]
    assert re.findall(r'<th scope="col">([^<]+)', shown) == ["Номер", "Телефон"]

    client.post(reverse("desk:view-rename", kwargs={"pk": view.pk}), {"name": "Наши"})
    view.refresh_from_db()
    assert view.name == "Наши"
    client.post(reverse("desk:view-delete", kwargs={"pk": view.pk}))
    assert not SavedView.objects.exists()


def test_another_persons_view_is_not_there(client: Client) -> None:
    view = SavedView.objects.create(user=UserFactory.create(), name="Чужой", query="mine=on")
    for name, method in (("view", client.get), ("view-rename", client.post), ("view-delete", client.post)):
        assert method(reverse(f"desk:{name}", kwargs={"pk": view.pk})).status_code == 404
    assert "Чужой" not in listed(client)


def test_two_views_of_one_name_are_refused_in_words(client: Client) -> None:
    for _turn in range(2):
        answer = client.post(reverse("desk:view-save") + "?overdue=on", {"name": "Мой"}, follow=True)
    assert "Вид с таким названием уже есть" in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_columns_stay_for_the_sign_in_and_the_number_always(client: Client) -> None:
    make_ticket()
    client.post(reverse("desk:columns-choose"), {"columns": ["caller", "nonsense", "problem", "caller"]})
    assert re.findall(r'<th scope="col">([^<]+)', listed(client)) == ["Заявитель", "Что случилось", "Номер"]


def test_the_renewed_part_is_the_list_alone(client: Client) -> None:
    ticket = make_ticket()
    shown = client.get(reverse("desk:tickets"), headers={"hx-request": "true"}).content.decode()
    assert ticket.number in shown
    assert "<html" not in shown


# ── The file ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _sheet(answer: Any) -> list[tuple[Any, ...]]:
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    assert book.active is not None
    return [tuple(row) for row in book.active.iter_rows(values_only=True)]


def _lines(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [line.split(";") for line in text.splitlines()]


@pytest.mark.parametrize(
    "chosen",
    [{}, *(pytest.param(chosen, marks=pytest.mark.thorough) for chosen in (
        {"status": "all"}, {"order": "due"}, {"mine": "on"},
    ))],
)  # fmt: skip
def test_the_file_has_the_rows_of_the_list_one_by_one(client: Client, operator: User, chosen: dict[str, str]) -> None:
    cancelled()
    many(70, operator=operator, company=CompanyFactory.create())
    pages = [listed(client, **chosen)]
    while 'rel="next"' in pages[-1]:
        pages.append(client.get(leaf(pages[-1], "next")).content.decode())
    shown = [number for page in pages for number in numbers(page)]

    in_csv = _lines(client.get(reverse("desk:ticket-file", args=["csv"]), chosen))
    in_xlsx = _sheet(client.get(reverse("desk:ticket-file", args=["xlsx"]), chosen))

    place = in_csv[0].index("Номер")
    assert [line[place] for line in in_csv[1:]] == shown
    assert [row[place] for row in in_xlsx[1:]] == shown
    assert f"всего {len(shown)}" in client.get(reverse("desk:count"), chosen).content.decode()


def test_the_file_of_a_search_is_what_was_found(client: Client) -> None:
    ours, _other = make_ticket(phone="+79101234567"), elsewhere()
    answer = client.post(reverse("desk:tickets"), {"text": "4567"})
    query = answer["Location"].partition("?")[2]
    rows = _sheet(client.get(f"{reverse('desk:ticket-file', args=['xlsx'])}?{query}"))
    assert [row[4] for row in rows[1:]] == [ours.number]


def test_who_took_a_file_is_written_down_without_what_was_typed(client: Client, operator: User) -> None:
    make_ticket()
    client.post(reverse("desk:columns-choose"), {"columns": ["number", "phone", "caller"]})
    answer = client.post(reverse("desk:tickets") + "?mine=on", {"text": "Иванова"})
    query = answer["Location"].partition("?")[2]
    client.get(f"{reverse('desk:ticket-file', args=['csv'])}?{query}")

    record = AccessRecord.objects.get(what="tickets_file")
    assert (record.actor, record.subject) == (operator, "0: phone, caller")
    assert record.reason == "Принял я, поиск по тексту"


def test_a_file_holds_numbers_as_text_and_moments_as_moments(client: Client) -> None:
    ticket = make_ticket(text="=1+1")
    client.post(reverse("desk:columns-choose"), {"columns": ["number", "phone", "registered", "text"]})
    row = _sheet(client.get(reverse("desk:ticket-file", args=["xlsx"])))[1]
    assert row == (ticket.number, "+79101234567", NOON.replace(hour=12, tzinfo=None), "=1+1")


def test_the_file_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    many(7)
    monkeypatch.setattr("tickets.views.desk.files.MOST", {"csv": 5})
    assert len(_lines(client.get(reverse("desk:ticket-file", args=["csv"])))) == 6


def test_only_two_kinds_of_file(client: Client) -> None:
    assert client.get(reverse("desk:ticket-file", args=["exe"])).status_code == 404


def test_a_head_reads_the_list_too() -> None:
    assert signed_in(role=Role.HEAD).get(reverse("desk:tickets")).status_code == 200
