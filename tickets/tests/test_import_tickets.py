"""An old log brought in: as it was, in its own zone, no alarm for the past and one call to each who still waits."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from callbacks.calendar import REGION, is_working_day
from callbacks.models import CallbackObligation, Clock, Deadline, Escalation
from callbacks.services import escalate_overdue_batch
from companies.imports.tables import Table
from companies.models import ImportMapping
from tickets.forms.meanings import meanings_of
from tickets.imports.log import import_tickets
from tickets.imports.old import OldLog
from tickets.imports.words import Words
from tickets.models import Holding, PortalTab, Ticket
from tickets.services.holdings import chain_of, why_left
from tickets.services.invariants import broken_invariants
from tickets.tests.factories import MINUTE, NOON, BuildingFactory, CompanyFactory, make_ticket, on_duty

pytestmark = pytest.mark.django_db

HEADER = "Номер;Открыта;Срок;Закрыта;Категория;Адрес;Исполнитель;Телефон;Канал;Текст"
COLUMNS = {"opened": "Открыта", "due": "Срок", "address": "Адрес", "company": "Исполнитель"}
MINSK = Path(__file__).parents[3] / "shared/data/minsk115"


def row(
    number: str = "1001", opened: str = "05.03.2025 10:00", due: str = "06.03.2025 10:00",
    closed: str = "05.03.2025 18:00", category: str = "W03", address: str = "г. Калуга, ул. Кирова, д. 20, кв. 15",
    company: str = "ООО Свет", phone: str = "8 (910) 123-45-67", channel: str = "телефон", text: str = "Течёт кран",
) -> str:  # fmt: skip
    return f"{number};{opened};{due};{closed};{category};{address};{company};{phone};{channel};{text}"


def written(folder: Path, *rows: str) -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def brought(folder: Path, *rows: str, **options: object) -> str:
    out = io.StringIO()
    call_command(
        "import_tickets", written(folder, *rows), stdout=out, stderr=io.StringIO(),
        warnings=folder / "warnings.csv", **options,
    )  # fmt: skip
    return out.getvalue()


def warnings(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "warnings.csv").open(encoding="utf-8-sig"), delimiter=";"))[1:]


def overdue(at: str, tz: str = "Europe/Moscow") -> list[str]:
    out = io.StringIO()
    call_command("overdue_at", at, tz=tz, stdout=out)
    return [line["old_number"] or line["number"] for line in csv.DictReader(io.StringIO(out.getvalue()))]


class TestAClosedTicket:
    def test_it_is_as_it_was(self, tmp_path: Path) -> None:
        house = BuildingFactory.create(house="20")
        company = CompanyFactory.create(name="ООО «Свет»")

        brought(tmp_path, row())

        ticket = Ticket.objects.select_related("contact", "callback", "control_callback").get()
        assert (ticket.old_number, ticket.status, ticket.text) == ("1001", "closed_unconfirmed", "Течёт кран")
        assert ticket.registered_at == datetime(2025, 3, 5, 7, tzinfo=UTC)
        assert ticket.planned_at == datetime(2025, 3, 6, 7, tzinfo=UTC)
        assert ticket.closed_at == ticket.done_at == datetime(2025, 3, 5, 15, tzinfo=UTC)
        assert (ticket.building, ticket.company, ticket.flat) == (house, company, "15")
        assert ticket.category.code == "W03"
        assert ticket.contact.phone == "+79101234567"
        assert ticket.imported_at is not None
        assert {ticket.callback.waiver, ticket.control_callback.waiver if ticket.control_callback else ""} == {
            "imported"
        }

    def test_nothing_rings_for_what_is_past(self, tmp_path: Path) -> None:
        brought(tmp_path, row(), row("1002", closed=""))

        assert not escalate_overdue_batch(at=datetime.now(tz=UTC))
        assert not Escalation.objects.exists()
        assert not Deadline.objects.filter(due_at__lte=datetime.now(tz=UTC)).exists()

    def test_every_rule_holds(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="ООО «Свет»")

        brought(
            tmp_path, row(), row("1002", closed=""), row("1003", closed="", company=""),
            row("1004", phone="", closed=""),
            row("", category="Неведомое", address="где-то там", company="ООО Тьма", phone="нет", channel="голубь"),
            row("1006", opened="05.03.2025 10:00", closed="04.03.2025 10:00", due="01.03.2025"),
        )  # fmt: skip

        assert Ticket.objects.count() == 6
        assert broken_invariants() == []

    def test_a_live_ticket_is_still_not_born_closed(self, tmp_path: Path) -> None:
        brought(tmp_path, row())
        copy = Ticket.objects.get()

        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=copy.pk).update(imported_at=None, old_number="")


class TestWhoStillWaits:
    def test_each_is_owed_one_call_on_a_working_day_to_come(self, tmp_path: Path) -> None:
        brought(tmp_path, *(row(str(number), closed="") for number in range(20)), days=4)

        owed = CallbackObligation.objects.filter(state="open").order_by("due_at")
        assert (owed.count(), Ticket.objects.filter(promises__obligation__in=owed).count()) == (20, 20)
        local = [promise.due_at.astimezone(REGION) for promise in owed if promise.due_at]
        assert len({moment.date() for moment in local}) == 4
        assert all(9 <= moment.hour < 18 and is_working_day(moment.date(), {}) for moment in local)
        assert len(set(local)) == 20
        assert all(
            promise.next_attempt_at and promise.due_at and promise.next_attempt_at < promise.due_at for promise in owed
        )
        assert min(local).date() > datetime.now(tz=REGION).date()

    def test_more_than_the_hours_hold_take_more_days(self, tmp_path: Path) -> None:
        from tickets.imports.slots import slots

        moments = list(slots(2_000, at=datetime(2026, 2, 2, 9, tzinfo=UTC), days=1))

        assert len({moment.date() for moment in moments}) == 4

    def test_without_a_number_it_is_recorded_and_has_no_clock(self, tmp_path: Path) -> None:
        brought(tmp_path, row(closed="", phone=""))

        assert CallbackObligation.objects.get(reason="promised_later").state == "not_callable"

    def test_with_its_company_it_is_handed_over_already(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="ООО «Свет»")
        brought(tmp_path, row(closed=""))

        ticket = Ticket.objects.get()
        assert (ticket.status, ticket.transferred_at) == ("assigned", ticket.registered_at)
        assert list(ticket.events.values_list("step", "to_status")) == [
            ("register", "registered"), ("assign", "assigned"), ("import", "assigned"),
        ]  # fmt: skip


class TestWhoHadIt:
    @pytest.mark.parametrize(
        ("closed", "until"),
        [
            ("05.03.2025 18:00", datetime(2025, 3, 5, 15, tzinfo=UTC)),
            # A slip of the log: a turn cannot end before it began.
            ("04.03.2025 18:00", datetime(2025, 3, 5, 7, tzinfo=UTC)),
        ],
    )
    def test_a_closed_one_was_theirs_until_it_was_closed(self, tmp_path: Path, closed: str, until: datetime) -> None:
        company = CompanyFactory.create(name="ООО «Свет»")
        brought(tmp_path, row(closed=closed))

        (turn,) = chain_of(Ticket.objects.get())
        assert (turn.company, turn.started_at, turn.ended_at) == (company, datetime(2025, 3, 5, 7, tzinfo=UTC), until)
        assert why_left(turn) == "закрыта в прежнем журнале"
        assert broken_invariants() == []

    def test_an_open_one_is_theirs(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="ООО «Свет»")
        brought(tmp_path, row(closed=""))

        (turn,) = chain_of(Ticket.objects.get())
        assert (turn.started_at, turn.ended_at) == (datetime(2025, 3, 5, 7, tzinfo=UTC), None)

    def test_one_of_nobody_has_no_turn(self, tmp_path: Path) -> None:
        brought(tmp_path, row(), row("2", closed=""))

        assert not Holding.objects.exists()


def ahead(minutes: int) -> str:
    """So many minutes from now, as the log would write it."""
    return f"{datetime.now(tz=REGION) + minutes * MINUTE:%d.%m.%Y %H:%M:%S}"


class TestATermThatLiesAhead:
    def test_it_runs_and_stands_among_what_expires(self, tmp_path: Path) -> None:
        company = CompanyFactory.create(name="ООО «Свет»")
        brought(tmp_path, row("1", due=ahead(90), closed=""), row("2", closed=""))

        ticket = Ticket.objects.get(old_number="1")
        clock = Deadline.objects.get(clock=Clock.FIX)
        assert (clock.due_at, clock.company, clock.ticket_deadline.ticket) == (ticket.planned_at, company, ticket)
        assert clock.started_at == ticket.imported_at
        own = company.tickets.for_organisation()
        assert list(own.on_tab(PortalTab.EXPIRING, datetime.now(tz=UTC))) == [ticket]

    def test_it_rings_when_it_comes_and_not_before(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="ООО «Свет»")
        on_duty()
        table = Table(written(tmp_path, row(opened="01.02.2026 12:00", due="02.02.2026 13:30", closed="", phone="")))
        places = {name: HEADER.split(";").index(title) for name, title in COLUMNS.items()}
        log = OldLog(places, Words.load({}), zone=REGION, prefix="", at=NOON)
        import_tickets(table, log, at=NOON, days=5)

        assert not escalate_overdue_batch(at=NOON + 71 * MINUTE)
        assert escalate_overdue_batch(at=NOON + 72 * MINUTE)
        assert not Escalation.objects.filter(is_warning=False).exists()
        while escalate_overdue_batch(at=NOON + 90 * MINUTE):
            pass
        assert set(Escalation.objects.filter(is_warning=False).values_list("audience", flat=True)) == {
            "company_head", "supervisor",
        }  # fmt: skip

    def test_it_is_overdue_once_and_from_its_very_moment(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="ООО «Свет»")
        brought(tmp_path, row(due=ahead(90), closed=""))
        due = Deadline.objects.get(clock=Clock.FIX).due_at.astimezone(REGION)

        assert overdue(f"{due - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}") == []
        assert overdue(f"{due:%Y-%m-%d %H:%M:%S}") == ["1001"]

    def test_it_runs_for_whoever_gets_the_work(self, tmp_path: Path) -> None:
        brought(tmp_path, row(due=ahead(90), closed="", company=""))

        assert Deadline.objects.get(clock=Clock.FIX).company is None
        assert broken_invariants() == []

    # Named: processes that collect the tests in different seconds must find the same ones.
    @pytest.mark.parametrize(
        ("due", "closed"), [(ahead(-1), ""), ("", ""), (ahead(90), ahead(-5))], ids=["passed", "none", "closed"]
    )
    def test_what_has_passed_or_is_closed_starts_no_clock(self, tmp_path: Path, due: str, closed: str) -> None:
        brought(tmp_path, row(due=due, closed=closed))

        assert not Deadline.objects.filter(clock=Clock.FIX).exists()

    def test_a_thousand_take_no_more_statements_than_one(
        self, tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        CompanyFactory.create(name="ООО «Свет»")
        rows = [row(str(number), due=ahead(90), closed="" if number % 2 else ahead(-5)) for number in range(200)]

        with django_assert_max_num_queries(40):
            brought(tmp_path, *rows)


class TestAgain:
    def test_the_second_time_it_writes_nothing(self, tmp_path: Path) -> None:
        rows = [row(), row("1002", closed=""), row("", text="без номера")]
        brought(tmp_path, *rows)

        brought(tmp_path, *rows)

        assert Ticket.objects.count() == 3
        assert CallbackObligation.objects.filter(reason="promised_later").count() == 1

    def test_a_dry_run_writes_nothing(self, tmp_path: Path) -> None:
        said = brought(tmp_path, row(), row("1002", closed=""), dry_run=True)

        assert not Ticket.objects.exists()
        assert not ImportMapping.objects.exists()
        assert "2" in said

    def test_a_number_said_twice_is_written_once_and_told(self, tmp_path: Path) -> None:
        brought(tmp_path, row(), row(text="другое"))

        assert Ticket.objects.get().text == "Течёт кран"
        assert [line[:2] for line in warnings(tmp_path) if line[1] == "ошибка"] == [["3", "ошибка"]]

    def test_two_logs_that_numbered_alike_are_kept_apart_by_a_prefix(self, tmp_path: Path) -> None:
        brought(tmp_path, row())
        brought(tmp_path, row(text="другое"), prefix="115-")

        assert sorted(Ticket.objects.values_list("old_number", flat=True)) == ["1001", "115-1001"]

    def test_meanings_are_remembered_with_the_columns(self, tmp_path: Path) -> None:
        columns = '{"opened": "Открыта", "address": "Адрес", "category": "Категория"}'
        given = f'"categories": {{"Потоп": "W03"}}, "columns": {columns}'
        brought(tmp_path, row(category="Потоп"), mapping="{" + given + "}")

        brought(tmp_path, row("2", category="Потоп", text="позже"))

        assert set(Ticket.objects.values_list("category__code", flat=True)) == {"W03"}


class TestWhatIsNotUnderstood:
    def test_it_is_kept_in_words_and_told(self, tmp_path: Path) -> None:
        brought(
            tmp_path,
            row(category="Неведомое", company="ООО Тьма", phone="кому надо", channel="голубь", address="у пруда"),
        )

        ticket = Ticket.objects.get()
        note = ticket.events.get(step="import").note
        for words in ("Неведомое", "ООО Тьма", "кому надо", "голубь", "у пруда"):
            assert words in note
        assert (ticket.street, ticket.house) == ("у пруда", "б/н")
        assert len(warnings(tmp_path)) == 5

    def test_what_many_rows_have_is_told_once(self, tmp_path: Path) -> None:
        brought(tmp_path, *(row(str(number), category="Неведомое", company="ООО Тьма") for number in range(5)))

        assert [line[0] for line in warnings(tmp_path)] == ["2", "2"]

    def test_a_negative_duration_is_kept_and_told(self, tmp_path: Path) -> None:
        brought(tmp_path, row(closed="01.03.2025 10:00"))

        ticket = Ticket.objects.get()
        assert ticket.closed_at is not None
        assert ticket.closed_at < ticket.registered_at
        assert "раньше, чем открыта" in warnings(tmp_path)[0][2]

    @pytest.mark.parametrize("opened", ["", "вчера", "32.13.2025", "01.01.2099"])
    def test_a_row_without_its_beginning_is_left_out_and_told(self, tmp_path: Path, opened: str) -> None:
        brought(tmp_path, row(opened=opened))

        assert not Ticket.objects.exists()
        assert warnings(tmp_path)[0][1] == "ошибка"

    def test_formulas_come_back_harmless(self, tmp_path: Path) -> None:
        brought(tmp_path, row(category="=cmd|' /C calc'!A0"))

        assert any(cell == "'=cmd|' /C calc'!A0" for cell in warnings(tmp_path)[0])

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"tz": "Луна"}, "Нет такого часового пояса"), ({"mapping": "{"}, "JSON"), ({"days": 0}, "--days"),
            ({"mapping": '{"opened": "Нет такого"}'}, "В файле нет столбца"),
            ({"mapping": '{"categories": {"а": "нет"}}'}, "Нет категории"),
            ({"mapping": '{"channels": {"а": "нет"}}'}, "Нет канала"),
            ({"mapping": '{"companies": {"а": "ООО Нет"}}'}, "нет организации"),
        ],
    )  # fmt: skip
    def test_a_bad_option_is_answered_in_a_sentence(
        self, tmp_path: Path, options: dict[str, object], said: str
    ) -> None:
        with pytest.raises(CommandError, match=said):
            brought(tmp_path, row(), **options)


class TestItsZone:
    def test_times_are_those_of_the_log(self, tmp_path: Path) -> None:
        brought(tmp_path, row(opened="05.03.2025 10:00"), tz="Asia/Vladivostok")

        assert Ticket.objects.get().registered_at == datetime(2025, 3, 5, 10, tzinfo=ZoneInfo("Asia/Vladivostok"))

    def test_an_hour_that_never_was_is_told(self, tmp_path: Path) -> None:
        brought(tmp_path, row(opened="27.03.2011 02:30", closed="28.03.2011 10:00"))

        assert any("Такого времени не было" in line[2] for line in warnings(tmp_path))


class TestOverdueAt:
    @pytest.mark.parametrize(
        ("at", "found"),
        [
            ("2025-03-06 09:59:59", []), ("2025-03-06 10:00:00", ["1"]), ("2025-03-06 11:59:59", ["1"]),
            ("2025-03-06 12:00:00", []), ("2025-03-05 00:00:00", []),
        ],
    )  # fmt: skip
    def test_the_edges_of_a_ticket_of_the_former_log(self, tmp_path: Path, at: str, found: list[str]) -> None:
        brought(tmp_path, row("1", due="06.03.2025 10:00", closed="06.03.2025 12:00"), row("2", due="", closed=""))

        assert overdue(at) == found

    def test_a_day_without_an_hour_is_whole(self, tmp_path: Path) -> None:
        brought(tmp_path, row("1", due="06.03.2025", closed=""))

        assert overdue("2025-03-06 23:59:58") == []
        assert overdue("2025-03-06 23:59:59") == ["1"]

    def test_the_moment_is_of_the_zone_that_is_named(self, tmp_path: Path) -> None:
        brought(tmp_path, row("1", due="06.03.2025 10:00", closed=""))

        assert overdue("2025-03-06 16:59", tz="Asia/Vladivostok") == []
        assert overdue("2025-03-06 17:00", tz="Asia/Vladivostok") == ["1"]
        assert overdue("2025-03-06T07:00Z") == ["1"]

    def test_the_clocks_of_a_live_ticket(self) -> None:
        ticket = make_ticket(company=CompanyFactory.create())
        clock = ticket.deadlines.get(deadline__clock="acceptance").deadline
        due = clock.due_at.astimezone(REGION)
        Deadline.objects.filter(pk=clock.pk).update(stopped_at=clock.due_at + timedelta(minutes=5), outcome="missed")

        def listed(at: datetime) -> bool:
            return ticket.number in overdue(f"{at:%Y-%m-%d %H:%M:%S}")

        second = timedelta(seconds=1)
        later = due + timedelta(minutes=5)
        assert [listed(at) for at in (due - second, due, later - second, later)] == [False, True, True, False]

    def test_a_moment_that_is_none(self) -> None:
        with pytest.raises(CommandError, match="Не понят момент"):
            overdue("когда-нибудь")


@pytest.mark.parametrize("typed", ["1001", "№1001"])
def test_it_is_found_by_its_old_number(tmp_path: Path, typed: str) -> None:
    brought(tmp_path, row(), row("А-77/2"))

    found = {ticket.old_number for meaning in meanings_of(typed) for ticket in meaning.narrow(Ticket.objects.all())}
    assert found == {"1001"}
    worded = {ticket.old_number for meaning in meanings_of("А-77/2") for ticket in meaning.narrow(Ticket.objects.all())}
    assert worded == {"А-77/2"}


@pytest.mark.thorough
@pytest.mark.skipif(not MINSK.exists(), reason="the requests of Minsk are not beside this clone")
def test_a_real_log(tmp_path: Path) -> None:
    given = '{"closed_statuses": ["4", "5", "7"]}'
    out = io.StringIO()
    call_command(
        "import_tickets", MINSK / "requests_with_times_2016-11.csv.gz", tz="Europe/Minsk", mapping=given, stdout=out,
        warnings=tmp_path / "warnings.csv", stderr=io.StringIO(), locality="г. Минск",
    )  # fmt: skip

    assert Ticket.objects.count() == 4657
    assert broken_invariants() == []
