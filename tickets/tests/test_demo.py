"""The demonstration: told through the services, so that every rule of the database held while it was told."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Q
from pytest_django import Settings

from accounts.backends import DEMO_PASSWORD
from accounts.clock import now
from accounts.models import CENTRE_ROLES, DutyPost, DutyShift, User
from callbacks.models import CallbackObligation, Deadline, Escalation, Outbox
from companies.models import Building, Company, Locality
from tickets.demo import load_demo
from tickets.demo.people import PEOPLE, load_people, load_roster
from tickets.demo.register import load_register
from tickets.models import Ticket
from tickets.services import responsible_for
from tickets.tests.factories import category
from tickets.workflow import Status

pytestmark = pytest.mark.django_db


def test_a_production_centre_refuses_it(settings: Settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not User.objects.exists()


@pytest.fixture
def register() -> None:
    load_register()
    load_people()


@pytest.mark.usefixtures("register")
class TestRegister:
    def test_every_person_of_the_list_signs_in(self) -> None:
        for name in PEOPLE:
            assert User.objects.get(username=name).check_password(DEMO_PASSWORD), name

    def test_only_people_of_the_list_sign_in(self) -> None:
        strangers = User.objects.exclude(username__in=PEOPLE)

        assert strangers.exists()
        assert not any(user.has_usable_password() for user in strangers)

    def test_people_of_organisations_have_one(self) -> None:
        assert not User.objects.exclude(role__in=CENTRE_ROLES).filter(membership=None).exists()
        assert User.objects.get(username="foreman").membership.company.name == "УК «Свет»"

    def test_a_house_is_found_as_people_type_it(self) -> None:
        assert [str(house) for house in Building.objects.search("кирова 20")] == ["г. Калуга, ул. Кирова, 20"]

    def test_most_houses_have_somebody_and_a_few_have_nobody(self) -> None:
        managed = Building.objects.filter(responsibilities__service__code="management").count()

        assert 350 < managed < Building.objects.count() < 500

    def test_where_nobody_answers_the_operator_chooses(self) -> None:
        new_house = Building.objects.get(street="ул. Родниковая", house="6")

        routing = responsible_for(category=category("W01"), building=new_house, day=now().date())

        assert routing.company is None

    def test_five_digits_take_the_code_of_the_town(self) -> None:
        assert Locality.objects.get(name="г. Обнинск").area_code == "48439"

    def test_what_the_administrator_changed_stays(self) -> None:
        Company.objects.filter(name="УК «Свет»").update(phone="+74842565602")
        User.objects.filter(username="uk").update(last_name="Другая")

        load_register()
        load_people()

        assert Company.objects.get(name="УК «Свет»").phone == "+74842565602"
        assert User.objects.get(username="uk").last_name == "Другая"

    def test_every_post_is_held_at_every_minute(self) -> None:
        at = now()
        load_roster(at=at)

        for hours in range(-14 * 24, 3 * 24, 5):
            on_duty = DutyShift.objects.on_duty(at + timedelta(hours=hours))
            assert sorted(shift.post for shift in on_duty) == sorted(DutyPost.values)

    def test_a_start_after_a_long_rest_finds_somebody_on_duty(self) -> None:
        load_roster(at=now() - timedelta(days=100))

        load_roster(at=now())

        assert DutyShift.objects.on_duty(now()).count() == len(DutyPost)


@pytest.mark.thorough
def test_the_story() -> None:
    """One long telling, many facts: it costs seconds."""
    at = now()
    load_demo(at=at)

    told = Ticket.objects.count()
    assert load_demo(at=at) == dict.fromkeys(
        ["companies", "buildings", "responsibilities", "people", "shifts", "tickets"], 0
    )
    assert Ticket.objects.count() == told

    shown = set(Ticket.objects.values_list("status", flat=True))
    assert shown == set(Status) - {Status.NOT_CONFIRMED, Status.DUPLICATE}
    for name in ("УК «Свет»", "Теплосети Приочья", "МБУ «Дороги и огни»"):
        for status in (Status.ASSIGNED, Status.IN_WORK):
            assert Ticket.objects.filter(company__name=name, status=status).exists(), (name, status)
    assert Ticket.objects.filter(foreman__username="foreman").count() >= 3

    first = CallbackObligation.objects.filter(reason="first_answer")
    assert first.filter(state="kept", settled_at__lte=F("due_at")).count() > 40
    assert first.filter(state="kept", settled_at__gt=F("due_at")).exists()
    assert not Deadline.objects.to_ring(at).exists(), "every rung that was due has rung"
    assert Escalation.objects.unacknowledged().filter(deadline__clock="first_answer").exists()
    assert not Escalation.objects.filter(Q(raised_at__gt=at) | Q(raised_at__lt=F("rung_due_at"))).exists()
    assert not Outbox.objects.filter(sent_at=None, escalation__acknowledged_at__isnull=False).exists()
