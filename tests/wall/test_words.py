"""Words searched behind the wall: the index is used, and nobody else's ticket is told by it."""

from collections.abc import Iterator

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import ProgrammingError, connection
from django.urls import reverse

from accounts.models import Role
from accounts.wall import behind_wall
from companies.models import Company
from tickets.models import Ticket
from tickets.models.beginnings import OwnTicketsWith
from tickets.tests.factories import MINUTE, NOON, CompanyFactory, UserFactory, client_of, make_ticket, member_of

LAMP = SearchQuery("лампа", config="russian", search_type="websearch")

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def tickets(own: Company) -> dict[str, Ticket]:
    """The same words everywhere but in one of ours."""
    return {
        "own": make_ticket(company=own, text="Не горит лампа"),
        "given": make_ticket(company=own, text="Мигает лампа"),
        "other words": make_ticket(company=own, text="Течёт кран"),
        "foreign": make_ticket(company=CompanyFactory.create(), text="Не горит лампа"),
        "nobody's": make_ticket(text="Не горит лампа"),
    }


def asked() -> set[int]:
    """Everything that the function itself says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM portal_tickets_with(to_tsquery('russian', 'лампа'))")
        return {pk for (pk,) in cursor.fetchall()}


class TestWhoseTicketsAreTold:
    def test_an_organisation_is_told_its_own(self, tickets: dict[str, Ticket], own: Company) -> None:
        with behind_wall(member_of(own)):
            assert asked() == {tickets["own"].pk, tickets["given"].pk}

    def test_a_foreman_is_told_what_he_was_given(self, tickets: dict[str, Ticket], own: Company) -> None:
        foreman, idle = (member_of(own, role=Role.FOREMAN) for _turn in range(2))
        Ticket.objects.filter(pk=tickets["given"].pk).update(foreman=foreman)

        with behind_wall(foreman):
            assert asked() == {tickets["given"].pk}
        with behind_wall(idle):
            assert asked() == set()

    def test_whose_organisation_is_not_known_is_told_nothing(self, tickets: dict[str, Ticket]) -> None:
        with behind_wall(UserFactory.create(role=Role.COMPANY)):
            assert asked() == set()

    def test_it_is_told_what_the_policy_shows(self, tickets: dict[str, Ticket], own: Company) -> None:
        foreman = member_of(own, role=Role.FOREMAN)
        Ticket.objects.filter(pk=tickets["given"].pk).update(foreman=foreman)

        for person in (member_of(own), foreman, member_of(CompanyFactory.create())):
            with behind_wall(person):
                assert asked() == set(Ticket.objects.filter(search=LAMP).values_list("pk", flat=True))

    def test_nobody_can_say_for_whom_he_asks(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT oidvectortypes(proargtypes) FROM pg_proc WHERE proname = 'portal_tickets_with'")
            assert cursor.fetchall() == [("tsquery",)]

    def test_in_front_of_the_wall_nobody_may_ask(self) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"):
            asked()

    def test_a_shadow_of_the_table_is_not_read(self, tickets: dict[str, Ticket], own: Company) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE tickets_ticket (id bigint) ON COMMIT DROP")
            with behind_wall(member_of(own)):
                assert asked() == {tickets["own"].pk, tickets["given"].pk}
            cursor.execute("DROP TABLE pg_temp.tickets_ticket")


@pytest.fixture
def only_the_words_index() -> Iterator[None]:
    """Of few rows every plan is cheap: the others are taken away, and reading them all is frowned upon."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE")
        cursor.execute("""
            SELECT indexrelid::regclass::text FROM pg_index
             WHERE indrelid = 'tickets_ticket'::regclass AND NOT indisunique
               AND indexrelid <> 'ticket_search'::regclass""")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("SET LOCAL enable_seqscan = off; SET ROLE dispatch_app")
        yield


def times_used() -> int:
    """How often this transaction has gone through the index of words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_numscans('ticket_search'::regclass)")
        return int(cursor.fetchone()[0])


class TestTheIndex:
    def test_it_is_used_by_the_function_and_not_by_the_bare_condition(
        self, tickets: dict[str, Ticket], own: Company, only_the_words_index: None
    ) -> None:
        before = times_used()
        with behind_wall(member_of(own)):
            assert Ticket.objects.filter(search=LAMP).count() == 2
            assert times_used() == before
            assert Ticket.objects.filter(pk__in=OwnTicketsWith(LAMP)).count() == 2
            assert times_used() == before + 1

    def test_both_searches_of_an_organisation_go_through_it(
        self, tickets: dict[str, Ticket], own: Company, only_the_words_index: None
    ) -> None:
        person = member_of(own)
        with behind_wall(person):
            for found in (Ticket.objects.search("лампа"), Ticket.objects.find_own("лам")):
                before = times_used()
                assert {ticket.pk for ticket in found.only("pk")} == {tickets["own"].pk, tickets["given"].pk}
                assert times_used() > before


def test_pages_of_what_was_found_are_whole_and_in_order(own: Company) -> None:
    """Fifty a page, forwards and back, the newest first; another's in between shows nowhere."""
    other = CompanyFactory.create()
    made = [
        make_ticket(company=own if turn % 5 else other, text="лампа", at=NOON + turn * MINUTE) for turn in range(70)
    ]
    newest_first = [ticket.number for ticket in reversed(made) if ticket.company == own]
    client = client_of(member_of(own))

    first = client.get(reverse("api:tickets"), {"q": "лампа", "status": "assigned"}).json()
    second = client.get(first["next"]).json()
    back = client.get(second["previous"]).json()

    numbers = [[row["number"] for row in page["results"]] for page in (first, second, back)]
    assert numbers == [newest_first[:50], newest_first[50:], newest_first[:50]]
    assert second["next"] is None
