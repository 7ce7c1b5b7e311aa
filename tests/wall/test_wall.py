"""What is seen behind the wall by a query that asks for everything, and how one gets behind it and out again."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import ProgrammingError, connection, transaction

from accounts.models import Role, User
from accounts.wall import behind_wall, in_front, is_behind_wall
from callbacks.models import CallAttempt, CallbackObligation, Contact, Deadline, Escalation, Outbox
from companies.models import Company, Membership
from tickets.models import Ticket, TicketDeadline, TicketEvent, TicketPromise
from tickets.services import StepRefused, move_ticket
from tickets.tests.factories import (
    MINUTE,
    NOON,
    CompanyFactory,
    UserFactory,
    break_promise,
    client_of,
    make_ticket,
    member_of,
    on_duty,
)
from tickets.workflow import STEPS

ROWS = (
    Ticket, TicketEvent, TicketDeadline, TicketPromise, Deadline, Contact, CallbackObligation, CallAttempt, Outbox,
    Escalation, Company, Membership,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def seen(model: Any) -> set[int]:
    """What a query without a WHERE finds."""
    return set(model.objects.order_by().values_list("pk", flat=True))


@pytest.fixture
def own() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def foreign() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def dispatcher(own: Company) -> User:
    return member_of(own)


@pytest.fixture
def tickets(own: Company, foreign: Company, dispatcher: User) -> dict[str, Ticket]:
    """One of ours, one of theirs, one of nobody; each with alarms, the former two reported as done."""
    on_duty()
    found = {"own": make_ticket(company=own), "foreign": make_ticket(company=foreign), "nobody": make_ticket()}
    break_promise(NOON + 12 * MINUTE)
    stranger = member_of(foreign, post=Membership.Post.HEAD)
    for name, actor in (("own", dispatcher), ("foreign", stranger)):
        at = NOON + 13 * MINUTE
        move_ticket(ticket=found[name], step="accept", actor=actor, at=at)
        move_ticket(ticket=found[name], step="report_done", actor=actor, at=at, works="Починили")
    return found


class TestRows:
    def test_a_query_for_everything_finds_ones_own(
        self, tickets: dict[str, Ticket], dispatcher: User, own: Company
    ) -> None:
        ticket = Ticket.objects.get(pk=tickets["own"].pk)
        with behind_wall(dispatcher):
            assert seen(Ticket) == {ticket.pk}
            assert seen(TicketEvent) == set(ticket.events.values_list("pk", flat=True))
            assert seen(Contact) == {ticket.contact_id}
            assert seen(CallbackObligation) == {ticket.callback_id, ticket.control_callback_id}
            assert seen(Deadline) == set(ticket.deadlines.values_list("deadline_id", flat=True))
            assert seen(Company) == {own.pk}
            assert seen(Membership) == {dispatcher.membership.pk}
            assert seen(Escalation) == set(
                Outbox.objects.filter(recipient=dispatcher, channel="screen").values_list("escalation_id", flat=True)
            )

    @pytest.mark.parametrize("model", ROWS)
    def test_the_centre_sees_every_row(self, tickets: dict[str, Ticket], model: Any) -> None:
        before = seen(model)
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            assert seen(model) == before
            cursor.execute("SET ROLE dispatch_app")
        with behind_wall(UserFactory.create()):
            assert seen(model) >= before
            assert role() == "dispatch_app"

    @pytest.mark.parametrize("model", ROWS)
    def test_whose_organisation_is_not_known_sees_nothing(self, tickets: dict[str, Ticket], model: Any) -> None:
        with behind_wall(UserFactory.create(role=Role.COMPANY)):
            assert seen(model) == set()

    def test_a_foreman_sees_what_he_was_given(self, tickets: dict[str, Ticket], own: Company) -> None:
        foreman, idle = (member_of(own, role=Role.FOREMAN) for _turn in range(2))
        Ticket.objects.filter(pk=tickets["own"].pk).update(foreman=foreman)
        with behind_wall(foreman):
            assert seen(Ticket) == {tickets["own"].pk}
            assert seen(TicketEvent) == set(tickets["own"].events.values_list("pk", flat=True))
        with behind_wall(idle):
            assert [seen(model) for model in (Ticket, TicketEvent, Deadline, Contact, CallAttempt)] == [set()] * 5

    def test_what_the_centre_writes_for_itself_is_not_there(self, tickets: dict[str, Ticket], dispatcher: User) -> None:
        ticket, operator = tickets["own"], UserFactory.create()
        at = NOON + 14 * MINUTE
        move_ticket(ticket=ticket, step="comment", actor=operator, at=at, note="Заявитель раздражён")
        move_ticket(ticket=ticket, step="comment", actor=dispatcher, at=at, note="Нужен ключ")
        TicketEvent.objects.create(
            ticket=ticket, step="correct_phone", actor=operator, from_status="done", to_status="done",
            company=ticket.company, happened_at=at, details={"became": "+79101112233"},
        )  # fmt: skip
        with behind_wall(dispatcher):
            assert [event.note for event in TicketEvent.objects.filter(step="comment").only("note")] == ["Нужен ключ"]
            assert not TicketEvent.objects.filter(step="correct_phone").exists()

    def test_people_are_ones_own_and_the_centre_s(self, tickets: dict[str, Ticket], dispatcher: User) -> None:
        with behind_wall(dispatcher):
            others = User.objects.filter(role__in=["company", "foreman"]).exclude(pk=dispatcher.pk)
            assert not others.exists()

    def test_who_left_stays_in_the_history(self, tickets: dict[str, Ticket], own: Company, foreign: Company) -> None:
        gone = User.objects.get(membership__company=own)
        Membership.objects.filter(user=gone).update(company=foreign)
        with behind_wall(member_of(own)):
            names = {
                event.actor.username for event in tickets["own"].events.select_related("actor").only("actor__username")
            }
        assert gone.username in names


class TestColumns:
    @pytest.mark.parametrize(
        ("table", "column"),
        [
            ("callbacks_contact", "phone"), ("callbacks_contact", "caller_name"), ("callbacks_contact", "note"),
            ("callbacks_contact", "second_phone"), ("callbacks_contact", "for_whom"), ("tickets_ticket", "site_phone"),
            ("callbacks_callbackobligation", "number"), ("callbacks_callattempt", "number"),
            ("callbacks_callattempt", "note"), ("callbacks_outbox", "body"), ("accounts_user", "password"),
            ("accounts_user", "email"), ("accounts_user", "phone"), ("accounts_apitoken", "digest"),
            ("django_session", "session_data"), ("accounts_accessrecord", "subject"),
        ],
    )  # fmt: skip
    def test_a_number_a_name_a_word_cannot_be_read(self, dispatcher: User, table: str, column: str) -> None:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            behind_wall(dispatcher),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT {column} FROM {table}")
        assert role() == "dispatch_app"

    @pytest.mark.parametrize("table", ["tickets_ticket", "tickets_ticketevent", "companies_company", "accounts_user"])
    @pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
    def test_nothing_can_be_written(self, dispatcher: User, table: str, deed: str) -> None:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            behind_wall(dispatcher),
            connection.cursor() as cursor,
        ):
            cursor.execute(deed.format(table))


class TestGettingBehindAndOut:
    def test_the_role_ends_with_the_block(self, dispatcher: User) -> None:
        with behind_wall(dispatcher):
            assert (role(), is_behind_wall()) == ("dispatch_portal", True)
            with behind_wall(dispatcher):
                assert role() == "dispatch_portal"
            assert role() == "dispatch_portal"
        assert (role(), is_behind_wall()) == ("dispatch_app", False)

    def test_a_stranger_and_the_centre_stay_in_front(self) -> None:
        for person in (AnonymousUser(), UserFactory.create(), UserFactory.create(role=Role.ADMIN)):
            with behind_wall(person):
                assert (role(), is_behind_wall()) == ("dispatch_app", False)

    def test_an_error_takes_the_role_back(self, dispatcher: User) -> None:
        with pytest.raises(ZeroDivisionError), behind_wall(dispatcher):
            raise ZeroDivisionError
        assert (role(), is_behind_wall()) == ("dispatch_app", False)

    def test_in_front_and_back(self, dispatcher: User) -> None:
        with behind_wall(dispatcher):
            with in_front():
                assert (role(), is_behind_wall()) == ("dispatch_app", False)
            assert (role(), is_behind_wall()) == ("dispatch_portal", True)

    def test_an_error_in_front_leads_back_behind(self, dispatcher: User) -> None:
        with behind_wall(dispatcher):
            with pytest.raises(ProgrammingError), in_front(), connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM tickets_ticket")
            assert (role(), is_behind_wall()) == ("dispatch_portal", True)

    def test_a_service_works_with_the_centre_s_authority(
        self, tickets: dict[str, Ticket], dispatcher: User, own: Company
    ) -> None:
        fresh = make_ticket(company=own, at=NOON + 15 * MINUTE)
        with behind_wall(dispatcher):
            found = Ticket.objects.visible_to(dispatcher).get(pk=fresh.pk)
            move_ticket(ticket=found, step="accept", actor=dispatcher, at=NOON + 16 * MINUTE)
            assert role() == "dispatch_portal"
            with pytest.raises(StepRefused):
                move_ticket(ticket=found, step="accept", actor=dispatcher, at=NOON + 16 * MINUTE)
            assert role() == "dispatch_portal"
        assert Ticket.objects.get(pk=fresh.pk).status == STEPS["accept"].target


@pytest.mark.django_db(transaction=True)
class TestConnections:
    """What a connection looks like to the next request, with real commits and roll-backs."""

    def settings_of_the_wall(self) -> tuple[Any, ...]:
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT current_user, current_setting('app.user_id', true), current_setting('app.company_id', true),
                       current_setting('app.foreman_id', true)""")
            return tuple(value or "" for value in cursor.fetchone() or ())

    def test_nothing_is_left_after_an_answer(self, dispatcher: User) -> None:
        with behind_wall(dispatcher):
            pass
        assert self.settings_of_the_wall() == ("dispatch_app", "", "", "")

    def test_nothing_is_left_after_an_error_of_the_database(self, dispatcher: User) -> None:
        with pytest.raises(ProgrammingError), behind_wall(dispatcher), connection.cursor() as cursor:
            cursor.execute("SELECT phone FROM callbacks_contact")
        assert self.settings_of_the_wall() == ("dispatch_app", "", "", "")

    def test_nothing_is_left_after_an_error_in_front(self, dispatcher: User) -> None:
        with pytest.raises(ZeroDivisionError), behind_wall(dispatcher), in_front():
            raise ZeroDivisionError
        assert self.settings_of_the_wall() == ("dispatch_app", "", "", "")

    def test_a_larger_transaction_goes_on_in_front(self, dispatcher: User) -> None:
        with transaction.atomic():
            with behind_wall(dispatcher):
                pass
            assert role() == "dispatch_app"

    def test_requests_in_turn_do_not_see_each_other_s(self, own: Company, foreign: Company) -> None:
        mine, theirs = make_ticket(company=own), make_ticket(company=foreign)
        first, second, centre = client_of(member_of(own)), client_of(member_of(foreign)), client_of()
        for _turn in range(3):
            assert {row["number"] for row in first.get("/api/v1/tickets/").json()["results"]} == {mine.number}
            assert first.get(f"/api/v1/tickets/{theirs.number}/").status_code == 404
            assert {row["number"] for row in second.get("/api/v1/tickets/").json()["results"]} == {theirs.number}
            assert len(centre.get("/api/v1/tickets/").json()["results"]) == 2
