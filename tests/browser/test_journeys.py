"""The two stories the centre exists for, told by a real browser on a real stack."""

import re
import time
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn

NUMBER = re.compile(r"\d\d-\d{6,}")


def log_a_call(page: Page, *, phone: str, category: str, address: str, flat: str, text: str) -> str:
    """Register a call with the keyboard alone, from F2 to F9; returns the number to dictate."""
    keys = page.keyboard
    keys.press("F2")
    page.wait_for_url("**/desk/new/**")
    expect(page.locator("#id_phone")).to_be_focused()
    keys.type(phone)
    keys.press("Enter")
    expect(page.locator("#id_category_text")).to_be_focused()
    keys.type(category)
    keys.press("Enter")
    expect(page.locator("#id_scope_0")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#id_address")).to_be_focused()
    keys.type(address)
    street, house = address.split()
    wanted = page.locator(
        "#address-options [role=option]", has_text=re.compile(rf"{street}.*, {house}\b", re.IGNORECASE)
    )
    expect(wanted.first).to_be_visible()
    keys.press("Enter")
    expect(page.locator("#id_building")).not_to_have_value("")
    if page.locator("[name=flat]:focus").count() == 0:
        keys.press("Enter")
    expect(page.locator("[name=flat]")).to_be_focused()
    keys.type(flat)
    for _field in ("entrance", "floor", "text"):
        keys.press("Enter")
    expect(page.locator("[name=text]")).to_be_focused()
    keys.type(text)
    keys.press("Enter")
    expect(page.locator("[name=caller_name]")).to_be_focused()
    keys.type("Анна Петровна")
    keys.press("F9")
    page.wait_for_url("**/registered/")
    found = NUMBER.search(page.locator(".dictate-number").inner_text())
    assert found
    return found[0]


def test_from_the_call_to_the_closing(centre: LocalStack, sign_in: SignIn) -> None:
    desk = sign_in(centre, "operator")
    number = log_a_call(
        desk, phone="56-57-58", category="нет освещ", address="плех 44", flat="61", text="Темно на пятом этаже"
    )

    portal = sign_in(centre, "uk", width=390, height=844)
    portal.goto(f"{centre.url}/portal/tickets/{number}/")
    expect(portal.locator("main")).to_contain_text("Темно на пятом этаже")
    assert "56-57-58" not in portal.content()
    assert "Анна Петровна" not in portal.content()
    open_step(portal, "Принять")
    expect(portal.locator("main")).to_contain_text("принята")

    desk.goto(f"{centre.url}/desk/tickets/{number}/")
    expect(desk.locator("main")).to_contain_text("принята")
    ring(desk)
    talk(desk, "Сказала, что УК приняла заявку", "Записать разговор")

    portal.goto(f"{centre.url}/portal/tickets/{number}/")
    open_step(portal, "Начать работу")
    expect(portal.locator("main")).to_contain_text("в работе")
    open_step(portal, "Работа сделана", works="Заменили лампы на пятом этаже")
    expect(portal.locator("main")).to_contain_text("выполнена")

    desk.goto(f"{centre.url}/desk/tickets/{number}/")
    ring(desk)
    talk(desk, "Свет горит, спасибо", "Подтвердил")
    desk.goto(f"{centre.url}/desk/tickets/{number}/")
    expect(desk.locator("main")).to_contain_text("закрыта")


def ring(desk: Page) -> None:
    """Take the call that the card says is owed."""
    desk.locator("main").get_by_role("button", name="Позвонить").first.click()
    desk.wait_for_url("**/desk/callbacks/**")


def talk(desk: Page, note: str, button: str) -> None:
    desk.keyboard.press("1")
    desk.locator("[name=note]").fill(note)
    desk.get_by_role("button", name=button).click()
    desk.wait_for_load_state()


def open_step(portal: Page, title: str, **fields: str) -> None:
    """Press a step's button; one that asks for something unfolds its fields first."""
    main = portal.locator("main")
    summary = main.locator("summary", has_text=title)
    if summary.count():
        summary.first.click()
        form = main.locator("details[open]", has_text=title)
        for name, value in fields.items():
            form.locator(f"[name={name}]").fill(value)
        form.get_by_role("button").last.click()
    else:
        main.get_by_role("button", name=title).first.click()
    portal.wait_for_load_state()


def test_a_broken_promise_rings_the_supervisor(hasty_centre: LocalStack, sign_in: SignIn) -> None:
    supervisor = sign_in(hasty_centre, "supervisor")
    desk = sign_in(hasty_centre, "operator")
    log_a_call(desk, phone="8 910 555-66-77", category="нет освещ", address="плех 44", flat="7", text="Темно у лифта")

    supervisor.goto(f"{hasty_centre.url}/desk/alarms/")
    alarm = supervisor.locator("main", has_text="Плеханова, 44")
    expect(alarm).to_contain_text("Нет освещения", timeout=30_000)
    letter = letter_about(hasty_centre.mail, "Плеханова, 44", within=30)
    assert "Обещание центра" in letter
    assert "555" not in letter


def letter_about(mail: Path, words: str, *, within: float) -> str:
    """Subject and text of the letter in the post box that tells about ``words``."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for path in (mail / "new").glob("*"):
            letter = message_from_bytes(path.read_bytes())
            body = letter.get_payload(decode=True)
            assert isinstance(body, bytes)
            text = f"{make_header(decode_header(str(letter['Subject'])))}\n{body.decode()}"
            if words in text and "Обещание" in text:
                return text
        time.sleep(0.5)
    raise AssertionError(f"no letter about {words}")
