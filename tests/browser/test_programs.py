"""The organisation's programs: a token made, a webhook tried on a program of this machine, and its log."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from companies.tests.receivers import Receiver, receiver_of
from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, _stack, serious_faults


@pytest.fixture(scope="module")
def open_centre() -> Iterator[LocalStack]:
    """A demonstration whose webhooks may go to this machine."""
    yield from _stack(WEBHOOK_TO_LOOPBACK="true")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiver_of() as receiver:
        receiver.body = b'{"ok": true}'
        yield receiver


def test_from_a_token_to_an_event_in_the_log(open_centre: LocalStack, sign_in: SignIn, receiver: Receiver) -> None:
    page = sign_in(open_centre, "uk")
    page.get_by_role("link", name="Программы").click()
    page.get_by_label("Для чего токен").fill("1С: заявки")
    page.get_by_role("button", name="Выдать токен").click()
    token = page.get_by_label("Токен", exact=True).input_value()
    asked = Request(f"{open_centre.url}/api/v1/tickets/", headers={"Authorization": f"Bearer {token}"})
    with urlopen(asked) as answer:
        assert answer.status == 200

    page.get_by_role("link", name="Скопировано").click()
    expect(page.get_by_text("1С: заявки", exact=True)).to_be_visible()
    page.get_by_label("Адрес вашей программы").fill(receiver.url)
    page.get_by_role("button", name="Добавить вебхук").click()
    secret = page.get_by_label("Секрет", exact=True).input_value()
    assert serious_faults(page) == []
    page.get_by_role("link", name="Скопировано").click()
    page.get_by_role("button", name="Послать пробу").click()
    # Beat takes it there, and the log shows it by itself.
    expect(page.locator(".program-log").get_by_text("доставлено", exact=True)).to_be_visible()
    assert receiver.told[0]["event"] == "test"
    assert receiver.is_signed(secret)

    page.get_by_role("button", name="Послать ещё раз").click()
    expect(page.get_by_text("под тем же номером доставки")).to_be_visible()
    expect(page.locator(".program-log").get_by_text(re.compile("попыток: 1"))).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_serious_is_in_the_way(
    open_centre: LocalStack, sign_in: SignIn, tmp_path: Path, width: int, dark: bool
) -> None:
    page = sign_in(open_centre, "rso", width=width, dark=dark)
    page.goto(f"{open_centre.url}/portal/programs/")
    page.get_by_label("Адрес вашей программы").fill(f"https://hooks.example.org/{width}-{dark}")
    page.get_by_role("button", name="Добавить вебхук").click()
    page.get_by_role("link", name="Скопировано").click()
    page.get_by_role("button", name="Послать пробу").click()
    expect(page.locator(".program-log li")).to_have_count(1)
    for summary in page.locator("details > summary").all():
        summary.click()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "webhook.png", full_page=True)

    page.goto(f"{open_centre.url}/portal/programs/")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Выдать токен").click()
    page.screenshot(path=tmp_path / "programs.png", full_page=True)
