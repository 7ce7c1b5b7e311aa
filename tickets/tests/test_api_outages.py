"""Outages for programs: what is off now, in which house; who else has work there is nobody's business."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import clock
from accounts.models import User
from companies.models import Building, Company, Service
from tickets.models import Outage
from tickets.services.outages import Announcement, announce_outage
from tickets.tests.factories import BuildingFactory, CompanyFactory, UserFactory, client_of, member_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def announce(*houses: Building, starts_in: timedelta = -HOUR, company: Company | None = None) -> Outage:
    at = clock.now()
    return announce_outage(
        announcement=Announcement(
            kind=Outage.Kind.EMERGENCY, services=[Service.objects.get(code="management")], buildings=houses,
            where="ул. Кирова", starts_at=at + starts_in, text="Нет воды, чиним", company=company,
        ),
        by=UserFactory.create(), at=at,
    )  # fmt: skip


def ask(user: User | None = None, **asked: str) -> list[dict[str, Any]]:
    answer = client_of(user).get("/api/v1/outages/", asked)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_what_is_off_now_and_what_is_not() -> None:
    now, later = announce(BuildingFactory.create()), announce(BuildingFactory.create(), starts_in=HOUR)
    over = announce(BuildingFactory.create())
    Outage.objects.filter(pk=over.pk).update(ended_at=clock.now())
    assert [row["id"] for row in ask(current="true")] == [now.pk]
    assert {row["id"] for row in ask(current="false")} == {later.pk, over.pk}
    assert len(ask()) == 3


def test_of_one_house() -> None:
    house, other = BuildingFactory.create(), BuildingFactory.create()
    here, _elsewhere = announce(house, other), announce(other)
    (row,) = ask(building=str(house.pk))
    assert (row["id"], row["houses"], row["text"], row["services"]) == (here.pk, 2, "Нет воды, чиним", ["management"])


def test_an_organisation_reads_of_itself_alone() -> None:
    own, foreign = CompanyFactory.create(), CompanyFactory.create()
    announce(BuildingFactory.create(), company=own)
    announce(BuildingFactory.create(), company=foreign)
    named = {row["company"]["name"] if row["company"] else None for row in ask(member_of(own))}
    assert named == {own.name, None}
    assert {row["company"]["name"] for row in ask()} == {own.name, foreign.name}


@pytest.mark.parametrize("many", [1, 12])
def test_a_page_costs_as_much_for_many_as_for_one(many: int, django_assert_max_num_queries: Any) -> None:
    company = CompanyFactory.create()
    client = client_of(member_of(company))
    for _turn in range(many):
        announce(BuildingFactory.create(), company=company)
    client.get("/api/v1/outages/")
    with django_assert_max_num_queries(9):
        assert len(client.get("/api/v1/outages/").json()["results"]) == many
