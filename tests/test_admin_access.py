"""Who opens which page of the admin: every registered model × every role, against the table written by hand."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AccessRecord, ApiToken, DutyShift, Role, User
from callbacks.models import CalendarDay
from callbacks.services import escalate_overdue_batch
from companies.models import District, ImportRun
from companies.services.webhooks import add_webhook, announce
from tests.admin_pages import page, registered, signed_in
from tickets.tests.factories import (
    MINUTE,
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    make_ticket,
    member_of,
)

pytestmark = pytest.mark.django_db

# What the list and the page of a row answer; 302 leads to the login page.
OUTSIDERS = {Role.OPERATOR: 302, Role.COMPANY: 302, Role.FOREMAN: 302}
OF_THE_SHIFT = OUTSIDERS | {Role.SUPERVISOR: 200, Role.HEAD: 200, Role.ADMIN: 200}
OF_ADMINISTRATORS = OUTSIDERS | {Role.SUPERVISOR: 403, Role.HEAD: 403, Role.ADMIN: 200}
OPENS: dict[str, dict[Role, int]] = {
    "accounts.accessrecord": OF_ADMINISTRATORS,
    "accounts.apitoken": OF_ADMINISTRATORS,
    "accounts.dutyshift": OF_THE_SHIFT,
    "accounts.user": OF_ADMINISTRATORS,
    "callbacks.calendarday": OF_THE_SHIFT,
    "callbacks.callbackobligation": OF_ADMINISTRATORS,
    "callbacks.clockrule": OF_THE_SHIFT,
    "callbacks.contact": OF_ADMINISTRATORS,
    "callbacks.deadline": OF_ADMINISTRATORS,
    "callbacks.escalation": OF_ADMINISTRATORS,
    "callbacks.outbox": OF_ADMINISTRATORS,
    "companies.building": OF_ADMINISTRATORS,
    "companies.company": OF_ADMINISTRATORS,
    "companies.district": OF_ADMINISTRATORS,
    "companies.importrun": OF_ADMINISTRATORS,
    "companies.locality": OF_ADMINISTRATORS,
    "companies.responsibility": OF_ADMINISTRATORS,
    "companies.service": OF_ADMINISTRATORS,
    "companies.webhookdelivery": OF_ADMINISTRATORS,
    "companies.webhookendpoint": OF_ADMINISTRATORS,
    "tickets.category": OF_ADMINISTRATORS,
    "tickets.norm": OF_ADMINISTRATORS,
    "tickets.ticket": OF_ADMINISTRATORS,
}
# Of whom the page opens, whether a row may be added and changed.
ADDED = {
    "accounts.apitoken",
    "accounts.dutyshift", "accounts.user", "callbacks.calendarday", "companies.building", "companies.company",
    "companies.district", "companies.importrun", "companies.locality", "companies.responsibility", "companies.service",
    "tickets.category",
    "tickets.norm",
}  # fmt: skip
ONLY_SHOWN = {
    "accounts.accessrecord", "callbacks.callbackobligation", "callbacks.contact", "callbacks.deadline",
    "callbacks.escalation", "callbacks.outbox", "tickets.norm", "tickets.ticket",
}  # fmt: skip
DELETED = {
    "accounts.dutyshift", "callbacks.calendarday", "companies.building", "companies.district",
    "companies.locality", "companies.responsibility", "companies.service",
}  # fmt: skip


@pytest.fixture(scope="class")
def scene(rows_of_class: None) -> None:
    """A row of everything."""
    company = CompanyFactory.create()
    answers_for(company, building=BuildingFactory.create())
    ticket = make_ticket(company=company)
    person = member_of(company)
    District.objects.create(name="Тарусский район")
    ApiToken.issue(user=person, name="сайт")
    webhook = add_webhook(company=company, url="https://hooks.example.org/", events=["ticket.assigned"], by=person)
    announce(webhooks=[webhook], event="ticket.assigned", facts={}, at=NOON)
    DutyShift.objects.create(user=UserFactory.create(), post="head", starts_at=NOON, ends_at=NOON + 60 * MINUTE)
    CalendarDay.objects.create(day=NOON.date(), is_working=False, note="день области")
    AccessRecord.objects.create(actor=person, what="phone", subject=ticket.number)
    ImportRun.objects.create(file_name="houses.csv", content=b"x", started_by=person)
    escalate_overdue_batch(at=NOON + 10 * MINUTE)


def first_row(model: type[Model]) -> Model:
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    return row


def test_the_table_names_every_model() -> None:
    assert set(registered()) == set(OPENS)


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("label", sorted(OPENS))
class TestEveryPage:
    def test_opens_as_the_table_says(self, label: str) -> None:
        model = registered()[label]
        urls = page(model, "changelist"), page(model, "change", first_row(model).pk)

        for role, status in OPENS[label].items():
            client = signed_in(Client(), role=role)
            assert [client.get(url).status_code for url in urls] == [status, status], role

    def test_a_row_is_added_and_deleted_only_where_the_table_says(self, label: str) -> None:
        model = registered()[label]
        row = first_row(model)

        for role in (Role.SUPERVISOR, Role.HEAD, Role.ADMIN):
            client = signed_in(Client(), role=role)
            opens = OPENS[label][role] == 200
            assert client.get(page(model, "add")).status_code == (200 if opens and label in ADDED else 403)
            assert client.get(page(model, "delete", row.pk)).status_code == (200 if opens and label in DELETED else 403)


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("label", sorted(ONLY_SHOWN))
def test_what_is_history_stays(client: Client, label: str) -> None:
    administrator = signed_in(client, role=Role.ADMIN, is_staff=True, is_superuser=True)
    model = registered()[label]
    row = first_row(model)

    shown = administrator.get(page(model, "changelist")).content.decode()

    assert "delete_selected" not in shown or model._meta.model_name == "norm"
    assert administrator.post(page(model, "delete", row.pk)).status_code == 403
    assert administrator.post(page(model, "change", row.pk), {}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


class TestWhoComesIn:
    def test_the_index_shows_a_supervisor_his_own_registers_alone(self, client: Client) -> None:
        answer = signed_in(client, role=Role.SUPERVISOR).get(reverse("admin:index"))

        models = {
            model["model"]._meta.label_lower for app in answer.context["app_list"] for model in app["models"]
        }  # fmt: skip
        assert models == {"accounts.dutyshift", "callbacks.calendarday", "callbacks.clockrule"}

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.HEAD, Role.ADMIN])
    def test_the_menu_leads_there(self, client: Client, role: Role) -> None:
        shown = signed_in(client, role=role).get(reverse("profile")).content.decode()

        assert reverse("admin:index") in shown

    def test_nobody_comes_in_after_leaving_the_centre(self, client: Client) -> None:
        person = UserFactory.create(role=Role.SUPERVISOR)
        client.force_login(person, backend="accounts.backends.PasswordBackend")
        User.objects.filter(pk=person.pk).update(is_active=False)

        assert client.get(reverse("admin:index")).status_code == 302

    def test_a_superuser_of_any_role_still_opens_everything(self, client: Client) -> None:
        signed_in(client, role=Role.OPERATOR, is_staff=True, is_superuser=True)

        assert client.get(page(User, "changelist")).status_code == 200

    def test_staff_without_a_role_for_it_edits_nothing(self, client: Client) -> None:
        signed_in(client, role=Role.OPERATOR, is_staff=True)

        assert client.get(page(DutyShift, "changelist")).status_code == 403
