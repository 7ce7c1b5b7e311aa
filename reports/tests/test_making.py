"""Files asked for on a page: small ones at once, large ones made by a worker that may be killed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import AccessRecord, Role, User
from reports.models import ReportFile
from reports.services import making
from tickets.tests.factories import MINUTE, NOON, UserFactory, make_ticket

from .lively import DAY
from .test_files import book_of, lines_of
from .test_reports import client_of

pytestmark = pytest.mark.django_db
State = ReportFile.State


# ── From the page ────────────────────────────────────────────────────────────────────────────────────────────────
def ask(client: Client, name: str = "journal", kind: str = "csv", **more: str) -> Any:
    days = {"from": f"{DAY}", "to": f"{DAY}"}
    return client.post(reverse("reports:files"), {"name": name, "format": kind} | days | more)


def test_a_small_file_is_answered_at_once_and_written_down() -> None:
    make_ticket()
    person = UserFactory.create(role=Role.SUPERVISOR)
    client = signed(person)

    answer = ask(client)

    assert len(lines_of(b"".join(answer))) == 2
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert f"journal-{DAY}.csv" in answer["Content-Disposition"]
    (record,) = AccessRecord.objects.filter(actor=person)
    assert (record.what, record.subject) == ("report_file", "1: journal")
    assert not ReportFile.objects.exists()


def test_a_report_names_nobody_and_leaves_no_record() -> None:
    answer = ask(client_of(), name="promise", kind="xlsx")
    assert book_of(b"".join(answer))
    assert not AccessRecord.objects.filter(what="report_file").exists()


@pytest.mark.parametrize(
    "wrong", [{"name": "nothing"}, {"name": "rows:nothing"}, {"format": "exe"}, {"company": "999999"}, {"name": ""}]
)
def test_what_is_not_there_is_not_found(wrong: dict[str, str]) -> None:
    asked = {"name": "journal", "format": "csv", "from": f"{DAY}", "to": f"{DAY}"} | wrong
    assert client_of().post(reverse("reports:files"), asked).status_code == 404


def test_wrong_days_are_told_in_words() -> None:
    answer = client_of().post(
        reverse("reports:files"), {"name": "journal", "format": "csv", "from": "never", "to": f"{DAY}"}, follow=True
    )
    assert "Введите правильную дату" in answer.content.decode()


# ── Made meanwhile ───────────────────────────────────────────────────────────────────────────────────────────────
def signed(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="accounts.backends.PasswordBackend")
    return client


@pytest.fixture
def owner() -> User:
    return UserFactory.create(role=Role.SUPERVISOR)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is small."""
    monkeypatch.setattr(making, "AT_ONCE", 0)
    for number in range(3):
        make_ticket(phone=f"+7910000000{number}")


@pytest.fixture
def asked(large: None, owner: User) -> ReportFile:
    assert ask(signed(owner)).status_code == 302
    return ReportFile.objects.get()


def test_a_large_file_is_made_by_a_worker(asked: ReportFile, owner: User) -> None:
    assert (asked.state, asked.rows_total) == (State.WAITING, 3)
    assert AccessRecord.objects.filter(actor=owner, subject="3: journal").count() == 1

    assert making.make_next()
    assert not making.make_next()

    asked.refresh_from_db()
    assert (asked.state, asked.rows_done, asked.tries) == (State.DONE, 3, 1)
    answer = signed(owner).get(reverse("reports:file", args=[asked.pk]))
    assert len(lines_of(b"".join(answer))) == 4
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert [path.name for path in asked.path.parent.iterdir()] == [asked.path.name]


def test_a_foreign_file_is_not_found(asked: ReportFile) -> None:
    making.make_next()
    address = reverse("reports:file", args=[asked.pk])
    foreign = UserFactory.create(role=Role.SUPERVISOR)

    assert signed(foreign).get(address).status_code == 404
    assert signed(foreign).post(reverse("reports:file-cancel", args=[asked.pk])).status_code == 404
    assert "<b>Журнал заявок</b>" not in signed(foreign).get(reverse("reports:files")).content.decode()

    head = UserFactory.create(role=Role.HEAD)
    assert signed(head).get(address).status_code == 200
    assert AccessRecord.objects.filter(actor=head, subject="3: journal").count() == 1


def test_what_is_not_made_yet_is_not_found(asked: ReportFile, owner: User) -> None:
    assert signed(owner).get(reverse("reports:file", args=[asked.pk])).status_code == 404


class Killed(BaseException):
    """What a worker that is killed leaves behind: nothing of its own runs any more."""


def test_a_job_killed_in_the_middle_is_finished_by_the_next_turn(
    asked: ReportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(making, "_beat", dies)
        with pytest.raises(Killed):
            making.make_next()
    asked.refresh_from_db()
    assert asked.state == State.RUNNING

    # Not before its lease is over: the worker may only be slow.
    assert not making.make_next()
    later = clock.now() + making.LEASE + MINUTE
    monkeypatch.setattr("accounts.clock.now", lambda: later)
    assert making.make_next()

    asked.refresh_from_db()
    assert (asked.state, asked.tries, asked.rows_done) == (State.DONE, 2, 3)


def test_what_kills_every_worker_is_given_up(asked: ReportFile, monkeypatch: pytest.MonkeyPatch) -> None:
    at = clock.now()
    ReportFile.objects.filter(pk=asked.pk).update(
        state=State.RUNNING, started_at=at, beat_at=at - making.LEASE - MINUTE, tries=making.MOST_TRIES
    )
    assert not making.make_next()
    asked.refresh_from_db()
    assert asked.state == State.FAILED
    assert "прерывали" in asked.error


def test_two_workers_do_not_take_one_file(asked: ReportFile) -> None:
    at = clock.now()
    assert making.take_next(at=at) == asked
    assert making.take_next(at=at) is None


def test_a_slow_worker_finds_that_its_file_is_lost(asked: ReportFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def another_takes_it(file: ReportFile, rows: int) -> None:
        ReportFile.objects.filter(pk=file.pk).update(tries=file.tries + 1)
        making_beat(file, rows)

    making_beat = making._beat
    monkeypatch.setattr(making, "_beat", another_takes_it)
    assert making.make_next()

    asked.refresh_from_db()
    assert asked.state == State.RUNNING
    assert not list(asked.path.parent.glob("*.part"))


def test_a_bug_is_told_and_the_next_file_is_made(
    asked: ReportFile, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(signed(owner), name="rows:registered")

    def breaks(*_: object) -> None:
        monkeypatch.undo()
        raise ValueError

    monkeypatch.setattr(making, "_make", breaks)
    assert making.make_next()
    assert making.make_next()
    assert [file.state for file in ReportFile.objects.order_by("pk")] == [State.FAILED, State.DONE]
    shown = signed(owner).get(reverse("reports:files")).content.decode()
    assert "ошибки программы" in shown


def test_a_cancelled_file_is_not_made(asked: ReportFile, owner: User) -> None:
    client, address = signed(owner), reverse("reports:file-cancel", args=[asked.pk])
    assert client.post(address).status_code == 302
    assert not making.make_next()
    assert "уже готова или отменена" in client.post(address, follow=True).content.decode()


def test_a_sixth_file_waits_for_one_of_five(asked: ReportFile, owner: User) -> None:
    client = signed(owner)
    for _turn in range(4):
        ask(client)
    answer = client.post(
        reverse("reports:files"), {"name": "journal", "format": "csv", "from": f"{DAY}", "to": f"{DAY}"}, follow=True
    )
    assert "Дождитесь" in answer.content.decode()
    assert ReportFile.objects.count() == 5


def test_the_page_asks_for_itself_while_a_file_is_made(asked: ReportFile, owner: User) -> None:
    client = signed(owner)
    part = client.get(reverse("reports:files"), headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" in part
    assert "<html" not in part
    making.make_next()
    assert "hx-trigger" not in client.get(reverse("reports:files"), headers={"HX-Request": "true"}).content.decode()


def test_files_go_after_a_week(asked: ReportFile) -> None:
    making.make_next()
    asked.refresh_from_db()
    stray = asked.path.with_name("0" * 32 + ".csv")
    stray.write_bytes(b"x")

    assert making.forget_files(at=clock.now() + making.KEPT - MINUTE) == 1
    assert asked.path.exists()
    assert not stray.exists()
    assert making.forget_files(at=clock.now() + making.KEPT + MINUTE) == 1
    assert not asked.path.exists()
    assert not ReportFile.objects.exists()


def refused() -> Iterator[dict[str, Any]]:
    at = NOON
    yield {"state": "no such"}
    yield {"state": State.RUNNING}
    yield {"state": State.DONE, "started_at": at, "finished_at": at}
    yield {"state": State.FAILED, "finished_at": at}
    yield {"kind": "exe"}
    yield {"first_day": DAY + timedelta(days=1)}
    yield {"state": State.CANCELLED, "finished_at": at - MINUTE}


@pytest.mark.parametrize("wrong", list(refused()))
def test_the_database_keeps_states_and_moments_together(owner: User, wrong: dict[str, Any]) -> None:
    told = {"owner": owner, "name": "journal", "title": "Ж", "first_day": DAY, "last_day": DAY, "as_of": NOON,
            "kind": "csv", "asked_at": NOON}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportFile.objects.create(**{**told, **wrong})
