"""The admin's registers: people, houses, organisations, norms, the roster and the calendar (who opens them, and what is
only shown: test_admin_access.py; the clocks' rules: test_admin_rules.py)."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import clock
from accounts.models import ApiToken, DutyPost, DutyShift, Role, User
from callbacks.models import CalendarDay
from companies.models import Building, Company, Membership
from tests.admin_pages import page, registered, signed_in
from tickets.models import Category, Norm
from tickets.tests.factories import BuildingFactory, CompanyFactory, UserFactory, answers_for, make_ticket, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> Client:
    return signed_in(client, role=Role.ADMIN, is_staff=True, is_superuser=True)


@pytest.mark.parametrize("label", ["companies.building", "companies.responsibility", "accounts.user", "tickets.ticket"])
def test_long_lists_take_few_queries(administrator: Client, label: str, django_assert_max_num_queries: object) -> None:
    company = CompanyFactory.create()
    for house in BuildingFactory.create_batch(12):
        answers_for(company, building=house)
        make_ticket(company=company)

    with django_assert_max_num_queries(9):  # type: ignore[operator]
        administrator.get(page(registered()[label], "changelist"))


class TestUsers:
    def test_no_page_shows_the_hash(self, administrator: Client) -> None:
        user = UserFactory.create(role=Role.OPERATOR)
        user.set_password("very secret words")
        user.save()

        shown = administrator.get(page(User, "change", user.pk)).content.decode()

        assert user.password not in shown
        assert "pbkdf2" not in shown

    def test_the_hash_is_not_guessed_through_a_filter(self, administrator: Client) -> None:
        answer = administrator.get(page(User, "changelist"), {"password__startswith": "pbkdf2"})

        assert answer.status_code == 400

    def test_nobody_sets_anothers_password(self, administrator: Client) -> None:
        user = UserFactory.create()

        assert administrator.get(f"/admin/accounts/user/{user.pk}/password/").status_code == 404

    def test_a_new_person_is_invited(self, administrator: Client) -> None:
        told = {"username": "novikova", "last_name": "Новикова", "email": "novikova@example.org", "role": "operator"}

        administrator.post(page(User, "add"), told)
        person = User.objects.get(username="novikova")
        assert not person.has_usable_password()

        administrator.post(page(User, "changelist"), {"action": "invite", "_selected_action": [person.pk]})
        assert [letter.to for letter in mail.outbox] == [["novikova@example.org"]]

    def test_whoever_cannot_be_invited_is_named(self, administrator: Client) -> None:
        nameless = UserFactory.create(email="")

        answer = administrator.post(
            page(User, "changelist"), {"action": "invite", "_selected_action": [nameless.pk]}, follow=True
        )

        assert str(nameless) in answer.content.decode()
        assert not mail.outbox

    def test_a_person_of_an_organisation_is_tied_to_it(self, administrator: Client) -> None:
        person, company = UserFactory.create(role=Role.COMPANY), CompanyFactory.create()
        told = {
            "username": person.username, "email": person.email, "role": "company", "is_active": "on",
            "phone": "+79101234567", "membership-TOTAL_FORMS": "1", "membership-INITIAL_FORMS": "0",
            "membership-0-company": company.pk, "membership-0-post": "night",
        }  # fmt: skip

        administrator.post(page(User, "change", person.pk), told)

        member = Membership.objects.get(user=person)
        assert (member.company, member.post) == (company, Membership.Post.NIGHT)
        assert member.user.phone == "+79101234567"

    def test_a_dispatcher_of_an_organisation_gets_no_keys_to_the_registers(self, administrator: Client) -> None:
        person = UserFactory.create()
        told = {
            "username": person.username, "email": person.email, "role": "company", "is_active": "on", "is_staff": "on",
            "membership-TOTAL_FORMS": "0", "membership-INITIAL_FORMS": "0",
        }  # fmt: skip

        answer = administrator.post(page(User, "change", person.pk), told)

        assert answer.status_code == 200
        assert not User.objects.get(pk=person.pk).is_staff

    def test_nobody_is_deleted(self, administrator: Client) -> None:
        person = UserFactory.create()

        assert administrator.post(page(User, "delete", person.pk), {"post": "yes"}).status_code == 403


def test_a_token_is_revoked(administrator: Client) -> None:
    token, _secret = ApiToken.issue(user=UserFactory.create(), name="сайт")

    administrator.post(page(ApiToken, "changelist"), {"action": "revoke", "_selected_action": [token.pk]})

    assert not ApiToken.objects.valid().exists()


def test_a_house_is_found_as_at_the_desk(administrator: Client) -> None:
    BuildingFactory.create(street="ул. Королёва", house="7")
    BuildingFactory.create(street="ул. Ленина", house="7")

    found = administrator.get(page(Building, "changelist"), {"q": "королева 7"}).content.decode()

    assert "ул. Королёва, 7" in found
    assert "ул. Ленина" not in found


def test_whole_numbers_of_citizens_are_not_shown(administrator: Client) -> None:
    scene = make_ticket()
    listed = administrator.get("/admin/callbacks/contact/").content.decode()
    alone = administrator.get(f"/admin/callbacks/contact/{scene.contact_id}/change/").content.decode()

    for shown in (listed, alone):
        assert "9101234567" not in shown
        assert "…4567" in shown


def test_an_overlapping_responsibility_is_refused_with_a_sentence(administrator: Client) -> None:
    house, other = BuildingFactory.create(), CompanyFactory.create()
    first = answers_for(CompanyFactory.create(), building=house)
    told = {"company": other.pk, "service": first.service_id, "building": house.pk, "valid_from": "2025-01-01"}

    answer = administrator.post("/admin/companies/responsibility/add/", told)

    assert "уже отвечает организация" in answer.content.decode()
    assert Company.objects.filter(responsibilities__isnull=False).count() == 1


def test_an_organisation_has_its_hours_and_the_posts_of_its_people(administrator: Client) -> None:
    company = CompanyFactory.create()
    person = member_of(company)
    told = {
        "name": company.name, "kind": company.kind, "is_active": "on", "works_from": "08:00", "works_to": "17:00",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1", "memberships-0-id": person.membership.pk,
        "memberships-0-company": company.pk, "memberships-0-user": person.pk, "memberships-0-post": "head",
    }  # fmt: skip

    administrator.post(page(Company, "change", company.pk), told)

    company.refresh_from_db()
    assert (str(company.works_from), str(company.works_to), company.works_weekends) == ("08:00:00", "17:00:00", False)
    assert Membership.objects.get(user=person).post == Membership.Post.HEAD


class TestNorms:
    def test_a_new_edition_with_its_peculiarities(self, administrator: Client) -> None:
        category = Category.objects.earliest("pk")
        told = {
            "category": category.pk, "valid_from": "01.03.2027", "fix_minutes": "1440", "own_columns": ["fix_minutes"],
            "summer_fix_minutes": "4320", "summer_from": "04-15", "summer_to": "10-14", "opens_at": "08:00",
            "closes_at": "20:00", "counts_from_damage": "on", "reply_working_days": "3", "act": "Акт", "mark": "V",
        }  # fmt: skip

        administrator.post(page(Norm, "add"), told)

        norm = Norm.objects.get(category=category, valid_from=date(2027, 3, 1))
        assert norm.own_columns == ["fix_minutes"]
        assert (norm.summer_fix_minutes, norm.counts_from_damage, norm.reply_working_days) == (4320, True, 3)

    def test_half_a_summer_is_refused_with_a_sentence(self, administrator: Client) -> None:
        told = {
            "category": Category.objects.earliest("pk").pk, "valid_from": "01.03.2027", "summer_fix_minutes": "4320",
            "act": "Акт", "mark": "V",
        }  # fmt: skip

        answer = administrator.post(page(Norm, "add"), told)

        assert "нужны его длина и оба края лета" in answer.content.decode()


class TestRoster:
    @pytest.fixture
    def supervisor(self, client: Client) -> Client:
        return signed_in(client, role=Role.SUPERVISOR)

    @staticmethod
    def told(person: User, starts_at: datetime, hours: int = 12, **more: str) -> dict[str, object]:
        begins, ends = (timezone.localtime(moment) for moment in (starts_at, starts_at + timedelta(hours=hours)))
        return {
            "user": person.pk, "post": DutyPost.HEAD,
            "starts_at_0": f"{begins:%d.%m.%Y}", "starts_at_1": f"{begins:%H:%M}",
            "ends_at_0": f"{ends:%d.%m.%Y}", "ends_at_1": f"{ends:%H:%M}", **more,
        }  # fmt: skip

    def test_a_coming_duty_is_entered(self, supervisor: Client) -> None:
        person = UserFactory.create(role=Role.HEAD)

        supervisor.post(page(DutyShift, "add"), self.told(person, clock.now() + timedelta(days=1)))

        assert DutyShift.objects.get().user == person

    def test_the_same_person_may_hold_two_posts(self, supervisor: Client) -> None:
        person, tomorrow = UserFactory.create(role=Role.HEAD), clock.now() + timedelta(days=1)

        for post in (DutyPost.HEAD, DutyPost.MINISTRY):
            supervisor.post(page(DutyShift, "add"), self.told(person, tomorrow) | {"post": post})

        assert DutyShift.objects.filter(user=person).count() == 2

    def test_a_duty_longer_than_a_day_is_refused_with_a_sentence(self, supervisor: Client) -> None:
        person = UserFactory.create()

        answer = supervisor.post(page(DutyShift, "add"), self.told(person, clock.now() + timedelta(days=1), hours=25))

        assert "Дежурство длиннее суток" in answer.content.decode()
        assert not DutyShift.objects.exists()

    def test_a_whole_day_is_not_too_long(self, supervisor: Client) -> None:
        person = UserFactory.create()

        supervisor.post(page(DutyShift, "add"), self.told(person, clock.now() + timedelta(days=1), hours=24))

        assert DutyShift.objects.exists()

    def test_the_past_is_entered_only_on_purpose(self, supervisor: Client) -> None:
        told = self.told(UserFactory.create(), clock.now() - timedelta(days=2))

        answer = supervisor.post(page(DutyShift, "add"), told)
        assert "Это дежурство уже кончилось" in answer.content.decode()
        assert not DutyShift.objects.exists()

        supervisor.post(page(DutyShift, "add"), told | {"is_past_meant": "on"})
        assert DutyShift.objects.exists()

    def test_entering_a_duty_that_runs_is_warned_of(self, supervisor: Client) -> None:
        told = self.told(UserFactory.create(), clock.now() - timedelta(hours=1))

        answer = supervisor.post(page(DutyShift, "add"), told, follow=True)

        assert "Дежурство уже идёт" in answer.content.decode()

    def test_people_of_organisations_are_not_offered(self, supervisor: Client) -> None:
        stranger, gone = member_of(CompanyFactory.create()), UserFactory.create(is_active=False)

        shown = supervisor.get(page(DutyShift, "add")).content.decode()

        assert f'<option value="{stranger.pk}">' not in shown
        assert f'<option value="{gone.pk}">' not in shown

    def test_whoever_left_stays_in_the_line_of_his_duty(self, supervisor: Client) -> None:
        gone, tomorrow = UserFactory.create(is_active=False), clock.now() + timedelta(days=1)
        duty = DutyShift.objects.create(
            user=gone, post="head", starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=8)
        )

        shown = supervisor.get(page(DutyShift, "change", duty.pk)).content.decode()

        assert f'<option value="{gone.pk}" selected>' in shown


class TestCalendar:
    def test_a_day_of_the_region_is_entered(self, client: Client) -> None:
        told = {"day": "05.07.2027", "is_working": "False", "note": "День области"}

        signed_in(client, role=Role.SUPERVISOR).post(page(CalendarDay, "add"), told)

        day = CalendarDay.objects.get()
        assert (day.day, day.is_working, day.note) == (date(2027, 7, 5), False, "День области")

    def test_another_day_is_another_row(self, client: Client) -> None:
        day = CalendarDay.objects.create(day=date(2027, 7, 5), is_working=False, note="День области")
        told = {"day": "06.07.2027", "is_working": "True", "note": "Перенос"}

        signed_in(client, role=Role.HEAD).post(page(CalendarDay, "change", day.pk), told)

        day = CalendarDay.objects.get()
        assert (day.day, day.is_working) == (date(2027, 7, 5), True)
