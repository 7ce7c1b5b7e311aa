"""The scripts of every page in a real Chromium, on a page made for it, under the product's own strict policy."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from accounts.models import Role, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(project.BASE_DIR) / "tests/vendor/axe.min.js"
PASSWORD = "снег-на-крыше-11"
PROBE = """
{% extends "base.html" %}{% load look %}
{% block title %}Проба{% endblock %}
{% block head %}{% if saved %}<meta name="draft-saved" content="{{ saved }}">{% endif %}{% endblock %}
{% block heading %}Проба{% endblock %}
{% block actions %}<a class="btn" href="/probe/?new" data-key="F2">Новый звонок</a>{% endblock %}
{% block content %}
{% include "components/_clock.html" with due_at=late at=now only %}
{% include "components/_clock.html" with due_at=soon at=now only %}
<div class="card" data-quiet><ul id="list" hx-get="/probe/part/" hx-trigger="every 400ms, refresh" data-refresh>
<li>первая</li></ul></div>
<form method="post" action="/probe/" data-draft="probe" data-enter="next">
<label>Телефон <input name="phone"></label><label>Текст <textarea name="text"></textarea></label>
<button type="submit" class="btn btn-primary" data-key="F9">Зарегистрировать</button></form>
<button type="button" class="btn" data-key="1">Поговорили</button>
{% endblock %}
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on PATH")
    # Playwright's synchronous face runs a loop in this thread, which Django would take for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def context(chromium: Any, live_server: Any) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=live_server.url, locale="ru-RU", viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga", "olga@example.org", PASSWORD, role=Role.OPERATOR, first_name="Ольга")


@pytest.fixture
def page(context: BrowserContext, olga: User) -> Iterator[Page]:
    """Signed in, on the probe page; whatever the browser complains of fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(reverse("login"))
    page.fill("[name=username]", olga.username)
    page.fill("[name=password]", PASSWORD)
    show_probe(page, olga)
    page.click("main button")
    page.wait_for_url(lambda address: reverse("login") not in address)
    page.goto("/probe/")
    yield page
    assert complaints == []


def show_probe(page: Page, user: User, saved: str = "") -> None:
    """Answer /probe/ with the template above; its list grows by a number at each reading, if one is signed in."""
    request = RequestFactory().get("/probe/")
    request.user = user
    policy = page.request.get(reverse("login")).headers["content-security-policy"]
    numbers = count(1)

    def answer(route: Route) -> None:
        now = datetime.now(UTC)
        words = {"now": now, "late": now - timedelta(seconds=134), "soon": now + timedelta(seconds=91), "saved": saved}
        body = engines["django"].from_string(PROBE.lstrip()).render(words, request)
        route.fulfill(body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})

    def part(route: Route) -> None:
        if any(cookie.get("name") == "sessionid" for cookie in page.context.cookies()):
            route.fulfill(body=f"<li>чтение {next(numbers)}</li>", content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=401)

    page.unroute_all()
    page.route("**/probe/**", lambda route: part(route) if "/part/" in route.request.url else answer(route))


def test_clocks_run_in_words_and_colours(page: Page) -> None:
    late, soon = page.locator("[data-clock]").all()
    assert late.get_attribute("data-state") == "late"
    assert late.inner_text().startswith("просрочено на")
    assert soon.get_attribute("data-state") == "soon"
    expect(soon).not_to_have_text(soon.inner_text())


def test_a_key_is_its_place_and_a_digit_is_typed_while_typing(page: Page) -> None:
    page.evaluate("document.querySelector('[data-key=\"1\"]').onclick = () => document.body.dataset.pressed = 1")
    page.fill("[name=phone]", "56-56-0")
    page.focus("[name=phone]")
    page.keyboard.press("End")
    page.keyboard.press("1")
    assert page.input_value("[name=phone]") == "56-56-01"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("1")
    assert page.evaluate("document.body.dataset.pressed") == "1"
    page.keyboard.press("F1")
    assert "Новый звонок" in page.locator("#help[open]").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    page.wait_for_url("**/probe/?new")


def test_enter_leads_forward(page: Page) -> None:
    page.focus("[name=phone]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "text"


def test_what_was_typed_outlives_a_reload_until_it_is_saved(page: Page, olga: User) -> None:
    page.fill("[name=text]", "Холодно в квартире")
    page.reload()
    assert page.input_value("[name=text]") == "Холодно в квартире"
    show_probe(page, olga, saved="probe")
    page.reload()
    assert page.input_value("[name=text]") == ""


def test_the_list_waits_until_the_pointer_has_left(page: Page) -> None:
    expect(page.locator("#list")).to_contain_text("чтение")
    page.hover("#list li")
    page.wait_for_selector(".quiet-note")
    seen = page.inner_text("#list")
    page.wait_for_timeout(1000)
    assert page.inner_text("#list") == seen
    page.mouse.move(1400, 5)
    expect(page.locator("#list")).not_to_have_text(seen)
    expect(page.locator(".quiet-note")).to_have_count(0)


def test_a_lost_connection_is_said_and_recovers(page: Page) -> None:
    top_of_page = "document.querySelector('main').getBoundingClientRect().top"
    top = page.evaluate(top_of_page)
    page.context.set_offline(True)
    page.wait_for_selector("#connection[data-state=lost]")
    assert page.inner_text("#connection") == "Связь пропала. Текст сохранён"
    # Said over the page, which stays where it is.
    assert page.evaluate(top_of_page) == top
    page.context.set_offline(False)
    page.wait_for_selector("#connection[data-state=found]")


def test_an_ended_session_is_renewed_over_the_page(page: Page) -> None:
    page.fill("[name=text]", "не потерять")
    page.context.clear_cookies(name="sessionid")
    page.wait_for_selector("#relogin[open]")
    page.fill("#relogin-password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-relogin-error]:not([hidden])")
    page.fill("#relogin-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#relogin:not([open])", state="attached")
    assert page.input_value("[name=text]") == "не потерять"


def test_a_form_is_sent_once(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("const f = document.querySelector('form[data-draft]'); f.requestSubmit(); f.requestSubmit()")
    page.wait_for_timeout(500)
    assert len(sent) == 1


def test_an_alarm_is_counted_in_the_title_and_spoken(page: Page) -> None:
    page.evaluate(
        """htmx.swap(document.querySelector('form[data-draft]'), '<p data-alarm="7">Просрочено: Никитина, 58</p>',
        {swapStyle: 'beforebegin'})"""
    )
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(page.locator("#announcer")).to_contain_text("Никитина")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_shell_can_be_used_by_everybody(page: Page, theme: str, width: int) -> None:
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.set_viewport_size({"width": width, "height": 900})
    for address in ("/probe/", reverse("profile"), reverse("password_change"), "/нет-такой/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
        # Evaluated by the debugger, not by the page: its policy stays as strict as it is.
        page.evaluate(AXE.read_text())
        found = page.evaluate("async () => (await axe.run()).violations.map(one => [one.id, one.nodes[0].html])")
        assert found == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
