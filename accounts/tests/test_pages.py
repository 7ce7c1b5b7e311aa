"""Signing in and out, letters with links, the landing of each role, and the pages that say what went wrong."""

import re
from typing import Any

import pytest
from django.conf import settings as project
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from accounts import views
from accounts.models import Role, User
from accounts.services import InvitationNotSent, invite

pytestmark = pytest.mark.django_db
PASSWORD = "снег-на-крыше-11"
NEW_PASSWORD = "лёд-на-тротуаре-42"


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def person(role: Role = Role.OPERATOR, **given: Any) -> User:
    name = given.pop("username", "olga")
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD, role=role, **given)


def sign_in(client: Client, *, username: str = "olga", password: str = PASSWORD) -> Any:
    return client.post(reverse("login"), {"username": username, "password": password})


def link_in(letter: mail.EmailMessage) -> str:
    found = re.search(rf"{re.escape(project.PUBLIC_URL)}(/\S+)", str(letter.body))
    assert found
    return found.group(1)


def set_password(client: Client, link: str) -> Any:
    """Follow a letter's link to its form and send it."""
    form = client.get(link, follow=True)
    assert form.redirect_chain
    return client.post(form.redirect_chain[-1][0], {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})


# ── In and out ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_right_password_leads_home(client: Client) -> None:
    person()
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))


def test_a_wrong_password_and_an_unknown_name_read_the_same(client: Client) -> None:
    person()
    sentences = set()
    for username in ("olga", "nobody"):
        answer = sign_in(client, username=username, password="wrong")
        sentences.add(str(answer.context["form"].non_field_errors()))
    assert len(sentences) == 1


def test_too_many_failures_are_told_to_wait(client: Client) -> None:
    person()
    for _ in range(project.AXES_FAILURE_LIMIT):
        answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert "Подождите 1:00" in answer.content.decode()
    assert sign_in(client).status_code == 429, "the right password does not open a locked door"


def test_a_colleague_at_the_same_address_is_not_locked_out(client: Client) -> None:
    person()
    person(username="petrov")
    for _ in range(project.AXES_FAILURE_LIMIT):
        sign_in(client, password="wrong")
    assert sign_in(client, username="petrov").status_code == 302


def test_leaving_takes_a_post(client: Client) -> None:
    client.force_login(person())
    assert client.get(reverse("logout")).status_code == 405
    assert client.get(reverse("profile")).status_code == 200
    client.post(reverse("logout"))
    assert client.get(reverse("profile")).status_code == 302


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.OPERATOR, "desk:queue"),
        (Role.SUPERVISOR, "desk:queue"),
        (Role.HEAD, "reports:overview"),
        (Role.COMPANY, "portal:list"),
        (Role.FOREMAN, "portal:list"),
        (Role.ADMIN, "admin:index"),
    ],
)
def test_each_role_lands_on_its_page(client: Client, role: Role, page: str) -> None:
    client.force_login(person(role))
    assert client.get(reverse("home"))["Location"] == reverse(page)


def test_no_role_is_without_a_landing() -> None:
    assert set(views.LANDING) == set(Role)


def test_home_asks_a_stranger_to_sign_in(client: Client) -> None:
    assert client.get(reverse("home"))["Location"].startswith(reverse("login"))


# ── Letters ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_reset_letter_opens_a_new_password_once(client: Client) -> None:
    person()
    client.post(reverse("password_reset"), {"email": "olga@example.org"})
    link = link_in(mail.outbox[0])
    assert set_password(client, link).status_code == 302
    assert sign_in(client, password=NEW_PASSWORD).status_code == 302
    assert "больше не действует" in Client().get(link).content.decode()


def test_a_reset_for_an_unknown_address_reads_the_same_and_sends_nothing(client: Client) -> None:
    answer = client.post(reverse("password_reset"), {"email": "nobody@example.org"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("password_reset_done"))
    assert mail.outbox == []


def test_a_letter_names_the_site_of_the_settings_not_of_the_request(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    person()
    client.post(reverse("password_reset"), {"email": "olga@example.org"}, headers={"host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body


def test_an_invited_person_sets_the_first_password_once(client: Client) -> None:
    invited = User.objects.create_user("novikova", "novikova@example.org", role=Role.COMPANY)
    invite(user=invited)
    link = link_in(mail.outbox[0])
    assert "novikova" in mail.outbox[0].body
    assert set_password(client, link).status_code == 302
    assert sign_in(client, username="novikova", password=NEW_PASSWORD).status_code == 302
    assert "больше не действует" in Client().get(link).content.decode()


def test_an_invitation_is_no_reset_link() -> None:
    invited = User.objects.create_user("novikova", "novikova@example.org")
    invite(user=invited)
    as_reset = link_in(mail.outbox[0]).replace("/invitation/", "/password/reset/")
    assert "больше не действует" in Client().get(as_reset).content.decode()


def test_who_has_no_address_or_was_already_in_is_not_invited(client: Client) -> None:
    with pytest.raises(InvitationNotSent, match="нет адреса"):
        invite(user=User.objects.create_user("silent"))
    person()
    sign_in(client)
    with pytest.raises(InvitationNotSent, match="уже входил"):
        invite(user=User.objects.get(username="olga"))
    assert mail.outbox == []


def test_a_dead_mail_server_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.services.send_mail", refuse)
    with pytest.raises(InvitationNotSent, match="не принял письмо"):
        invite(user=User.objects.create_user("novikova", "novikova@example.org"))


def test_a_changed_password_keeps_the_session(client: Client) -> None:
    person()
    sign_in(client)
    words = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.post(reverse("password_change"), words)["Location"] == reverse("profile")
    assert client.get(reverse("profile")).status_code == 200


# ── What went wrong ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_form_without_its_key_is_refused_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("login"), {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "Страница устарела" in answer.content.decode()


def test_an_unknown_address_says_so_to_anybody(client: Client) -> None:
    signed_in = Client()
    signed_in.force_login(person())
    for visitor in (client, signed_in):
        answer = visitor.get("/нет-такой/")
        assert answer.status_code == 404
        assert "Такой страницы нет" in answer.content.decode()


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (views.bad_request, 400, "Запрос не понят"),
        (views.permission_denied, 403, "не для вашей роли"),
        (views.page_not_found, 404, "Такой страницы нет"),
    ],
)
def test_an_error_page_is_in_russian(rf: RequestFactory, view: Any, status: int, words: str) -> None:
    answer: HttpResponse = view(rf.get("/"), Exception())
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_the_page_of_a_failure_asks_nothing_of_anything(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(views, "request_id", lambda: "3f0e")
    with django_assert_num_queries(0):
        answer = views.server_error(HttpRequest())
    assert answer.status_code == 500
    assert "Обязательства перезвонить не пропали" in answer.content.decode()
    assert "3f0e" in answer.content.decode()


def test_the_menu_asks_no_database(rf: RequestFactory, django_assert_num_queries: Any) -> None:
    from accounts.context import Centre

    request = rf.get("/")
    request.user = person(Role.SUPERVISOR)
    with django_assert_num_queries(0):
        menu = Centre(request).menu
    assert [item.title for item in menu][:1] == ["Обратные звонки"]


def test_every_line_of_the_menu_leads_somewhere() -> None:
    from accounts.context import PLACES

    for place in PLACES:
        try:
            reverse(place.url_name)
        except NoReverseMatch:
            pytest.fail(f"{place.url_name} is in the menu and nowhere else")
