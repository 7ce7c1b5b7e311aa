"""The portal's pages about programs: what is shown once, what is shown always, and to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import ApiToken, Role, User
from companies.models import Company, WebhookDelivery, WebhookEndpoint
from companies.services.deliveries import deliver_next
from companies.services.tokens import MOST_OF_A_COMPANY
from companies.services.webhooks import add_webhook, announce
from tickets.tests.factories import NOON, CompanyFactory, make_ticket, member_of, page, signed_in

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.org/centre"


def keeper_of(company: Company, **given: Any) -> User:
    user = member_of(company, **given)
    user.membership.manages_programs = True
    user.membership.save()
    return user


@pytest.fixture
def keeper() -> User:
    return keeper_of(CompanyFactory.create())


@pytest.fixture
def browser(keeper: User) -> Client:
    return signed_in(keeper)


@pytest.fixture
def webhook(keeper: User) -> WebhookEndpoint:
    return add_webhook(company=keeper.membership.company, url=URL, events=["ticket.assigned"], by=keeper)


def post(browser: Client, name: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    return browser.post(reverse(f"programs:{name}", kwargs=kwargs), data or {})


# ── Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_is_shown_once_and_opens_what_its_maker_sees(browser: Client, keeper: User) -> None:
    answer = post(browser, "make-token", {"name": " 1С: заявки "})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    token = ApiToken.objects.get()
    assert (token.user, token.issued_by, token.name) == (keeper, keeper, "1С: заявки")
    shown = page(browser, "programs:overview")
    assert "1С: заявки" in shown
    assert secret not in shown

    own, _foreign = make_ticket(company=keeper.membership.company), make_ticket()
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert [row["number"] for row in program.get("/api/v1/tickets/").json()["results"]] == [own.number]
    assert "Последнее обращение: не было" not in " ".join(page(browser, "programs:overview").split())


def test_whoever_has_the_right_revokes_a_colleagues_token(browser: Client, keeper: User) -> None:
    token, secret = ApiToken.issue(user=member_of(keeper.membership.company, role=Role.FOREMAN), name="телефон")
    assert post(browser, "revoke", pk=token.pk).status_code == 302
    token.refresh_from_db()
    assert token.revoked_by == keeper
    assert APIClient().get("/api/v1/tickets/", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 401
    at = token.revoked_at
    post(browser, "revoke", pk=token.pk)
    token.refresh_from_db()
    assert token.revoked_at == at


@pytest.mark.parametrize("name", ["", "   ", "а" * 101])
def test_a_token_says_what_it_is_for(browser: Client, name: str) -> None:
    assert post(browser, "make-token", {"name": name}).status_code == 422
    assert not ApiToken.objects.exists()


def test_twenty_tokens_are_enough(browser: Client, keeper: User) -> None:
    for number in range(MOST_OF_A_COMPANY):
        ApiToken.issue(user=keeper, name=str(number))
    answer = post(browser, "make-token", {"name": "ещё"})
    assert answer.status_code == 409
    assert "отзовите лишний" in answer.content.decode()


# ── Webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_webhook_is_added_and_its_secret_shown_once(browser: Client, keeper: User) -> None:
    answer = post(browser, "add", {"url": URL, "events": ["ticket.assigned", "ticket.returned"]})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    webhook = WebhookEndpoint.objects.get()
    assert webhook.secret in answer.content.decode()
    assert (webhook.company, webhook.events) == (keeper.membership.company, ["ticket.assigned", "ticket.returned"])
    for name, kwargs in (("overview", {}), ("webhook", {"pk": webhook.pk})):
        assert webhook.secret not in page(browser, f"programs:{name}", **kwargs)

    renewed = post(browser, "act", pk=webhook.pk, act="secret")
    assert renewed.status_code == 201
    assert webhook.secret not in renewed.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "http://hooks.example.org/"}, "https://"),
        ({"url": "https://127.0.0.1/"}, "имя сервера"),
        ({"url": "https://hooks.example.org:8443/"}, "443"),
        ({"events": []}, "Обязательное поле"),
        ({"events": ["test"]}, "Выберите корректный вариант"),
        ({"url": ""}, "Обязательное поле"),
    ],
)
def test_a_wrong_webhook_is_refused_beside_its_field(browser: Client, given: dict[str, Any], said: str) -> None:
    answer = post(browser, "add", {"url": URL, "events": ["ticket.assigned"]} | given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_the_same_address_twice_is_refused(browser: Client, webhook: WebhookEndpoint) -> None:
    answer = post(browser, "add", {"url": URL, "events": ["ticket.assigned"]})
    assert answer.status_code == 409
    assert "уже есть" in answer.content.decode()
    other = add_webhook(company=webhook.company, url=f"{URL}2", events=["ticket.assigned"], by=webhook.created_by)
    assert post(browser, "webhook", {"url": URL, "events": ["ticket.assigned"]}, pk=other.pk).status_code == 409


def test_the_log_shows_what_was_told_and_replays_it(browser: Client, webhook: WebhookEndpoint) -> None:
    ticket = make_ticket(company=Company.objects.get(pk=webhook.company_id))
    delivery = WebhookDelivery.objects.get()
    deliver_next(at=delivery.created_at)
    delivery.refresh_from_db()
    assert delivery.attempts == 1
    WebhookDelivery.objects.update(state="given_up", next_try_at=None)
    shown = page(browser, "programs:webhook", pk=webhook.pk)
    for part in (str(delivery.key), ticket.number, "Имя сервера", "не доставлено", "ticket.assigned"):
        assert part in shown
    assert "Иванова" not in shown
    assert "9101234567" not in shown

    assert post(browser, "replay", pk=webhook.pk, delivery=delivery.pk).status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == "waiting"


def test_the_buttons(browser: Client, webhook: WebhookEndpoint) -> None:
    post(browser, "act", pk=webhook.pk, act="test")
    assert webhook.deliveries.get().event == "test"
    refused = browser.post(reverse("programs:act", kwargs={"pk": webhook.pk, "act": "test"}), follow=True)
    assert "ещё не ушла" in refused.content.decode()
    post(browser, "act", pk=webhook.pk, act="off")
    assert not WebhookEndpoint.objects.filter(is_active=True).exists()
    post(browser, "act", pk=webhook.pk, act="on")
    assert WebhookEndpoint.objects.filter(is_active=True).exists()
    post(browser, "webhook", {"url": f"{URL}3", "events": ["deadline.warning"]}, pk=webhook.pk)
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events) == (f"{URL}3", ["deadline.warning"])
    post(browser, "act", pk=webhook.pk, act="remove")
    assert not WebhookEndpoint.objects.exists()


def test_a_webhook_that_was_switched_off_says_so_on_the_screens(browser: Client, webhook: WebhookEndpoint) -> None:
    assert URL not in page(browser, "programs:notice")
    WebhookEndpoint.objects.update(is_active=False, disabled_at=NOON, disabled_reason="Ответ 500.")
    assert URL in page(browser, "programs:notice")
    assert "Ответ 500." in page(browser, "programs:webhook", pk=webhook.pk)
    # Not to a colleague without the right, nor to the centre.
    assert URL not in page(signed_in(member_of(webhook.company)), "programs:notice")
    assert URL not in page(signed_in(role=Role.HEAD), "programs:notice")


def test_without_the_right_one_is_told_whom_to_ask() -> None:
    answer = signed_in(member_of(CompanyFactory.create())).get(reverse("programs:overview"))
    assert answer.status_code == 403
    assert "администратор центра" in answer.content.decode()


# ── What a page costs ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rows", [1, 15])
def test_pages_ask_as_much_for_many_as_for_one(
    browser: Client, webhook: WebhookEndpoint, keeper: User, rows: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(rows):
        ApiToken.issue(user=keeper, name=str(number))
        announce(webhooks=[webhook], event="ticket.assigned", facts={}, at=NOON + timedelta(minutes=number))
    with django_assert_max_num_queries(11):
        page(browser, "programs:overview")
    with django_assert_max_num_queries(12):
        page(browser, "programs:webhook", pk=webhook.pk)
