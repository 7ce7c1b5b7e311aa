"""Photos kept with a ticket: who may add one, how many, what is written down, and that files and rows agree."""

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.clock import now
from accounts.models import Role, User
from companies.models import Company
from tickets.models import MOST_PHOTOS, Ticket, TicketPhoto
from tickets.services import Shot, add_photo, give_to_foreman, move_ticket, read_picture, report_with_photos
from tickets.services.photo_files import path_of, sweep_photo_files
from tickets.services.photos import TooLateForPhotos, TooManyPhotos
from tickets.tasks import sweep_photos
from tickets.tests.factories import MINUTE, CompanyFactory, UserFactory, make_ticket, member_of, page, signed_in
from tickets.tests.shots import kept_shot, shot
from tickets.workflow import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(name="УК «Свет»")


@pytest.fixture
def dispatcher(company: Company) -> User:
    return member_of(company)


@pytest.fixture
def foreman(company: Company) -> User:
    return member_of(company, role=Role.FOREMAN, first_name="Виктор", last_name="Громов")


@pytest.fixture
def ticket(company: Company, dispatcher: User, foreman: User) -> Ticket:
    made = make_ticket(company=company, at=now() - 20 * MINUTE)
    return give_to_foreman(ticket=made, foreman=foreman, actor=dispatcher, at=now() - 10 * MINUTE)


def taken(**given: Any) -> Shot:
    return Shot(read_picture(io.BytesIO(shot())), **{"stage": "before", "key": uuid4(), **given})


def files() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def upload(client: Client, ticket: Ticket, content: bytes, *, name: str = "a.jpg", **given: Any) -> Any:
    body = {"photos": SimpleUploadedFile(name, content, given.pop("content_type", "image/jpeg"))}
    return client.post(
        reverse("portal:sent_photo", kwargs={"number": ticket.number}),
        body | {"stage": "before", "key": str(uuid4())} | given,
    )


class TestAdding:
    def test_it_stands_with_the_ticket_and_in_its_history(self, ticket: Ticket, foreman: User) -> None:
        at = now()
        photo = add_photo(ticket=ticket, shot=taken(pressed_at=at - 5 * MINUTE), actor=foreman, at=at)

        assert (photo.ticket, photo.position, photo.stage, photo.uploaded_by) == (ticket, 1, "before", foreman)
        assert (photo.pressed_at, photo.received_at) == (at - 5 * MINUTE, at)
        event = ticket.events.get(step="photo")
        assert (event.actor, event.happened_at, event.from_status, event.to_status) == (
            foreman, at, "assigned", "assigned",
        )  # fmt: skip
        assert event.details == {"stage": "before", "pressed_at": (at - 5 * MINUTE).isoformat()}

    def test_its_files_are_those_of_its_random_name(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)

        assert files() == [path_of(photo.name), path_of(photo.name, is_small=True)]
        assert photo.size == path_of(photo.name).stat().st_size
        assert photo.name != kept_shot(ticket, foreman).name

    @pytest.mark.parametrize(
        ("minutes", "kept"), [(-60, -20), (-20, -20), (-5, -5), (0, 0), (60, 0), (60 * 24 * 400, 0)]
    )
    def test_a_wrong_clock_is_bounded(self, ticket: Ticket, foreman: User, minutes: int, kept: int) -> None:
        at = (ticket.transferred_at or now()) + 20 * MINUTE
        photo = add_photo(ticket=ticket, shot=taken(pressed_at=at + minutes * MINUTE), actor=foreman, at=at)

        assert photo.pressed_at == at + kept * MINUTE

    def test_what_is_sent_again_is_one_photo(self, ticket: Ticket, foreman: User) -> None:
        one = taken()
        first = add_photo(ticket=ticket, shot=one, actor=foreman, at=now())

        assert add_photo(ticket=ticket, shot=one, actor=foreman, at=now()) == first
        assert TicketPhoto.objects.count() == 1
        assert len(files()) == 2
        assert ticket.events.filter(step="photo").count() == 1

    def test_the_key_of_one_person_is_not_that_of_another(
        self, ticket: Ticket, foreman: User, dispatcher: User
    ) -> None:
        one = taken()
        add_photo(ticket=ticket, shot=one, actor=foreman, at=now())
        add_photo(ticket=ticket, shot=one, actor=dispatcher, at=now())

        assert TicketPhoto.objects.count() == 2

    def test_twenty_are_the_limit(self, ticket: Ticket, foreman: User) -> None:
        for _turn in range(MOST_PHOTOS):
            kept_shot(ticket, foreman)

        with pytest.raises(TooManyPhotos):
            kept_shot(ticket, foreman)
        assert len(files()) == 2 * MOST_PHOTOS

    def test_the_database_holds_the_limit_as_well(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        photo.pk, photo.name, photo.upload_key, photo.position = None, "a" * 32, uuid4(), MOST_PHOTOS + 1

        with pytest.raises(IntegrityError, match="photo_not_too_many"), transaction.atomic():
            photo.save(force_insert=True)

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE tickets_ticketphoto SET stage = 'after'", "DELETE FROM tickets_ticketphoto",
         "DELETE FROM tickets_sentstep"],
    )  # fmt: skip
    def test_nothing_is_taken_back(self, ticket: Ticket, foreman: User, statement: str) -> None:
        kept_shot(ticket, foreman)

        with pytest.raises(Exception, match=r"permission denied|photo_append_only"), transaction.atomic():
            connection.cursor().execute(statement)

    def test_a_photo_may_come_after_the_report(self, ticket: Ticket, foreman: User) -> None:
        move_ticket(ticket=ticket, step="start", actor=foreman, at=now())
        move_ticket(ticket=ticket, step="report_done", actor=foreman, at=now(), works="Починил")

        assert kept_shot(ticket, foreman, stage="after").stage == "after"

    def test_a_ticket_that_went_elsewhere_takes_none(self, ticket: Ticket, foreman: User) -> None:
        other = CompanyFactory.create()
        move_ticket(ticket=ticket, step="assign", actor=UserFactory.create(), at=now(), company=other)

        with pytest.raises(TooLateForPhotos):
            kept_shot(ticket, foreman)
        assert files() == []

    def test_the_centre_adds_none(self, ticket: Ticket) -> None:
        with pytest.raises(TooLateForPhotos):
            kept_shot(ticket, UserFactory.create())


class TestDoneWithPhotos:
    def test_all_of_it_at_once(self, ticket: Ticket, foreman: User) -> None:
        move_ticket(ticket=ticket, step="start", actor=foreman, at=now())

        report_with_photos(
            ticket=ticket, shots=[taken(stage="after"), taken(stage="after")], actor=foreman, at=now(), works="Починил"
        )

        assert list(ticket.events.order_by("id").values_list("step", flat=True))[-3:] == [
            "photo", "photo", "report_done",
        ]  # fmt: skip
        assert len(files()) == 4

    def test_or_nothing(self, ticket: Ticket, foreman: User) -> None:
        # The work has not begun: the step is refused, and with it what it carried.
        with pytest.raises(Exception, match="другом состоянии"):
            report_with_photos(ticket=ticket, shots=[taken()], actor=foreman, at=now(), works="Починил")

        assert TicketPhoto.objects.count() == 0
        assert files() == []

    def test_the_form_of_the_card_carries_them(self, ticket: Ticket, dispatcher: User) -> None:
        client = signed_in(dispatcher)
        url = reverse("portal:step", kwargs={"number": ticket.number, "step": "report_done"})
        move_ticket(ticket=ticket, step="start", actor=dispatcher, at=now())
        wrong = {"works": "Починили", "photos": SimpleUploadedFile("a.jpg", b"<svg/>")}

        refused = client.post(url, wrong)
        assert refused.status_code == 409
        assert "Это не фото" in refused.content.decode()
        assert "Починили" in refused.content.decode()

        two = [SimpleUploadedFile("a.jpg", shot()), SimpleUploadedFile("b.heic", shot("HEIF"))]
        assert client.post(url, {"works": "Починили", "photos": two}).status_code == 302
        assert ticket.photos.count() == 2
        assert Ticket.objects.get(pk=ticket.pk).status == Status.DONE


class TestUpload:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
    def test_neither_the_name_nor_the_type_decides(self, ticket: Ticket, foreman: User, kind: str) -> None:
        answer = upload(signed_in(foreman), ticket, shot(kind), name="../../x.php", content_type="text/html")

        assert (answer.status_code, ticket.photos.count()) == (200, 1)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"<svg onload='alert(1)'/>", "Это не фото"),
            (b"<html><script>alert(1)</script>", "Это не фото"),
            (shot()[:200], "повреждён"),
            (b"\xff\xd8\xff\xe0 no more", "повреждён"),
            (shot() + b"\0" * (11 * 1024 * 1024), "больше 10 МБ"),
            (b"", "Файл пуст"),
        ],
    )
    def test_a_refusal_is_a_sentence(self, ticket: Ticket, foreman: User, content: bytes, sentence: str) -> None:
        answer = upload(signed_in(foreman), ticket, content)

        assert answer.status_code == 422
        assert sentence in answer.json()["message"]
        assert (files(), ticket.photos.count()) == ([], 0)

    @pytest.mark.parametrize("wrong", [{"stage": "during"}, {"key": "1"}, {"stage": ""}, {"key": ""}])
    def test_what_must_come_with_it(self, ticket: Ticket, foreman: User, wrong: dict[str, str]) -> None:
        assert upload(signed_in(foreman), ticket, shot(), **wrong).status_code == 422

    @pytest.mark.parametrize("moment", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\x00"])
    def test_a_telephone_without_a_clock_is_heard_all_the_same(
        self, ticket: Ticket, foreman: User, moment: str
    ) -> None:
        answer = upload(signed_in(foreman), ticket, shot(), pressed_at=moment, sent_at="2026-01-01T00:00:00Z")

        assert answer.status_code == 200
        photo = ticket.photos.get()
        assert ticket.transferred_at is not None
        assert ticket.transferred_at <= photo.pressed_at <= photo.received_at

    def test_a_telephone_that_is_an_hour_wrong_says_rightly_how_long_ago(self, ticket: Ticket, foreman: User) -> None:
        ahead = now() + timedelta(hours=1)
        upload(
            signed_in(foreman), ticket, shot(),
            pressed_at=(ahead - 5 * MINUTE).isoformat(), sent_at=ahead.isoformat(),
        )  # fmt: skip

        photo = ticket.photos.get()
        assert photo.received_at - photo.pressed_at == pytest.approx(5 * MINUTE, abs=timedelta(seconds=5))


class TestSeeing:
    def test_the_answer_is_a_picture_and_nothing_else(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        for small in ({}, {"small": ".small"}):
            url = reverse("portal:photo", kwargs={"number": ticket.number, "name": photo.name, **small})
            answer = signed_in(foreman).get(url)
            assert answer.content == path_of(photo.name, is_small=bool(small)).read_bytes()
            assert answer["Content-Type"] == "image/jpeg"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Cache-Control"] == "private, no-store"
            assert answer["Content-Disposition"] == f'inline; filename="{ticket.number}-1.jpg"'
            assert "default-src 'none'" in answer["Content-Security-Policy"]

    def test_it_is_found_under_its_own_ticket_only(self, ticket: Ticket, foreman: User, company: Company) -> None:
        photo = kept_shot(ticket, foreman)
        other = make_ticket(company=company, at=now())
        Ticket.objects.filter(pk=other.pk).update(foreman=foreman)

        url = reverse("portal:photo", kwargs={"number": other.number, "name": photo.name})
        assert signed_in(foreman).get(url).status_code == 404

    def test_who_gets_the_work_later_does_not_see_what_others_took(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        successor = member_of(CompanyFactory.create())
        move_ticket(
            ticket=ticket, step="assign", actor=UserFactory.create(), at=now(), company=successor.membership.company
        )

        url = reverse("portal:photo", kwargs={"number": ticket.number, "name": photo.name})
        assert signed_in(successor).get(url).status_code == 404
        assert signed_in(foreman).get(url).status_code == 404
        assert photo.name not in page(signed_in(successor), "portal:card", number=ticket.number)
        at_the_desk = reverse("desk:photo", kwargs={"number": ticket.number, "name": photo.name})
        assert signed_in().get(at_the_desk).status_code == 200

    def test_there_is_no_public_address(self, ticket: Ticket, foreman: User, client: Client) -> None:
        photo = kept_shot(ticket, foreman)

        for address in ("/media/photos", "/photos", "/static/photos"):
            assert client.get(f"{address}/{photo.name[:2]}/{photo.name}.jpg").status_code == 404

    def test_cards_and_papers_show_it(self, ticket: Ticket, foreman: User, dispatcher: User) -> None:
        name = kept_shot(ticket, foreman).name
        operator = signed_in()
        for client, route in (
            (operator, "desk:card"), (operator, "desk:order"), (operator, "desk:journal"),
            (signed_in(dispatcher), "portal:card"),
            (signed_in(dispatcher), "portal:order"), (signed_in(dispatcher), "portal:act"),
            (signed_in(foreman), "portal:card"),
        ):  # fmt: skip
            assert name in page(client, route, number=ticket.number), route

    def test_a_lost_file_is_a_missing_page(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        path_of(photo.name).unlink()

        url = reverse("portal:photo", kwargs={"number": ticket.number, "name": photo.name})
        assert signed_in(foreman).get(url).status_code == 404

    def test_twenty_photos_ask_no_more_than_one(
        self, ticket: Ticket, foreman: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _turn in range(MOST_PHOTOS):
            kept_shot(ticket, foreman)
        client = signed_in(foreman)

        with django_assert_max_num_queries(20):
            page(client, "portal:card", number=ticket.number)


class TestFilesAndRows:
    def test_a_row_that_fails_leaves_no_file(self, ticket: Ticket, foreman: User) -> None:
        with pytest.raises(IntegrityError):
            add_photo(ticket=ticket, shot=taken(stage="nonsense"), actor=foreman, at=now())

        assert files() == []

    def test_a_disk_that_fails_leaves_no_row(
        self, ticket: Ticket, foreman: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, target: Path) -> Path:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)

        with pytest.raises(OSError, match="No space"):
            kept_shot(ticket, foreman)
        assert (files(), TicketPhoto.objects.count()) == ([], 0)

    def test_files_without_a_row_are_swept(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        orphan, part, fresh = path_of("b" * 32), path_of("c" * 32).with_suffix(".part"), path_of("d" * 32)
        for path in (orphan, part, fresh):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"left behind")
        old = time.time() - 2 * 3600
        for path in files():
            if path != fresh:
                os.utime(path, (old, old))

        assert sweep_photo_files() == (2, [])
        assert files() == sorted([path_of(photo.name), path_of(photo.name, is_small=True), fresh])

    def test_a_photo_without_its_file_is_told(self, ticket: Ticket, foreman: User) -> None:
        photo = kept_shot(ticket, foreman)
        call_command("sweep_photos")
        path_of(photo.name, is_small=True).unlink()

        with pytest.raises(CommandError, match=photo.name):
            call_command("sweep_photos")
        sweep_photos()


@pytest.mark.django_db(transaction=True)
def test_the_same_photo_at_once_is_one() -> None:
    company = CompanyFactory.create()
    actor = member_of(company)
    ticket = make_ticket(company=company, at=now())
    one = taken()

    def send(_turn: int) -> int:
        try:
            return add_photo(ticket=ticket, shot=one, actor=actor, at=now()).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(6)))) == 1
    assert TicketPhoto.objects.count() == 1
    assert len(files()) == 2
    assert ticket.events.filter(step="photo").count() == 1
