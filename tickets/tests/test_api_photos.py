"""Photos of the work sent by an organisation's program."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.clock import now
from accounts.models import User
from companies.models import Company
from tickets.models import Ticket, TicketPhoto
from tickets.services import move_ticket
from tickets.tests.factories import MINUTE, CompanyFactory, client_of, make_ticket, member_of
from tickets.tests.shots import shot

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(company: Company, dispatcher: User) -> Ticket:
    made = make_ticket(company=company, at=now() - 20 * MINUTE)
    return move_ticket(ticket=made, step="accept", actor=dispatcher, at=now() - 10 * MINUTE)


def sent(user: User, ticket: Ticket, *files: bytes, key: str = "", **given: Any) -> Any:
    photos = [SimpleUploadedFile(f"{number}.jpg", body) for number, body in enumerate(files)]
    address = reverse("api:ticket-photos", kwargs={"number": ticket.number})
    headers = {"Idempotency-Key": key} if key else {}
    told = {"stage": "after", "photos": photos} | given
    return client_of(user).post(address, told, format="multipart", headers=headers)


def test_what_is_sent_hangs_on_the_ticket(ticket: Ticket, dispatcher: User) -> None:
    answer = sent(dispatcher, ticket, shot(), shot("PNG"))

    assert answer.status_code == 201
    kept = list(ticket.photos.order_by("position"))
    assert [row["name"] for row in answer.json()] == [photo.name for photo in kept]
    assert {(photo.stage, photo.uploaded_by) for photo in kept} == {("after", dispatcher)}
    assert ticket.events.filter(step="photo").count() == 2


def test_what_is_sent_again_is_kept_once(ticket: Ticket, dispatcher: User) -> None:
    first = sent(dispatcher, ticket, shot(), shot(), key="a")
    second = sent(dispatcher, ticket, shot(), shot(), key="a")

    assert first.json() == second.json()
    assert TicketPhoto.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"photos": SimpleUploadedFile("x.jpg", b"no photo at all")}, "photos", "photo_refused"),
        ({"photos": []}, "photos", "invalid"), ({"photos": "words"}, "photos", "invalid"),
        ({"photos": SimpleUploadedFile("x.jpg", b"")}, "photos", "invalid"),
        ({"stage": "during"}, "stage", "invalid"), ({"pressed_at": "вчера"}, "pressed_at", "invalid"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_field(
    ticket: Ticket, dispatcher: User, given: dict[str, Any], field: str, code: str
) -> None:
    answer = sent(dispatcher, ticket, shot(), **given)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field in {name.split(".")[0] for name in answer.json()["errors"]}
    assert not ticket.photos.exists()


def test_it_is_too_late_when_the_work_went_to_somebody_else(ticket: Ticket, dispatcher: User) -> None:
    refused = make_ticket(company=ticket.company, at=now() - 5 * MINUTE, phone="+79101112233")
    move_ticket(ticket=refused, step="reject", actor=dispatcher, at=now(), reason="not_ours")

    answer = sent(dispatcher, refused, shot())

    assert (answer.status_code, answer.json()["code"]) == (409, "too_late_for_photos")


def test_another_s_ticket_is_not_there(ticket: Ticket) -> None:
    assert sent(member_of(CompanyFactory.create()), ticket, shot()).status_code == 404
    assert not ticket.photos.exists()
