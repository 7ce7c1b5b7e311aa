"""Ringing back by the keyboard alone: one talk after the other, and one person never rung by two."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults
from .test_journeys import open_step

Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def desk(centre: LocalStack, sign_in: SignIn) -> Iterator[Page]:
    """Signed in at the queue; whatever the browser complains of fails the test."""
    page = sign_in(centre, "operator")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    expect(page.locator("h1")).to_have_text("Обратные звонки")
    yield page
    assert complaints == []


@pytest.fixture(scope="module")
def tell(centre: LocalStack) -> Tell:
    """Write down a call as another program would: what this is about begins afterwards."""
    token = centre.manage("issue_token", "operator").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(path: str, **told: Any) -> dict[str, Any]:
        asked = Request(f"{centre.url}/api/v1/{path}/", json.dumps(told).encode(), headers)
        with urlopen(asked, timeout=20) as answer:
            told_back: dict[str, Any] = json.load(answer)
            return told_back

    return post


def missed(tell: Tell, phone: str) -> None:
    """Somebody rang and nobody answered: a call that nobody else of the demonstration has to do with."""
    tell("missed-calls", phone=phone)


def registered(tell: Tell, phone: str, text: str) -> str:
    """A ticket of a house that «uk» serves; returns its number."""
    address = {"street": "ул. Плеханова", "house": "44", "flat": "61"}
    ticket = tell("tickets", phone=phone, caller_name="Анна Петровна", category="P03", text=text, address=address)
    return str(ticket["number"])


def take(page: Page, centre: LocalStack, digits: str) -> None:
    """Take the call to the number that ends so."""
    page.goto(f"{centre.url}/desk/")
    row = page.locator(".queue-row", has_text=digits).first
    row.get_by_role("button", name="Позвонить").click()
    expect(page.locator("h1")).to_contain_text("Обратный звонок")


def test_one_talk_after_the_other(desk: Page) -> None:
    desk.keyboard.press("F4")
    expect(desk.locator("h1")).to_contain_text("Обратный звонок")
    expect(desk.locator("#say .say-first")).not_to_be_empty()
    desk.keyboard.press("F8")
    expect(desk.locator("#dial")).to_contain_text("Идёт звонок с")

    desk.keyboard.press("1")
    note = desk.locator("#id_note")
    expect(note).to_be_focused()
    # A digit that is typed is a digit.
    desk.keyboard.type("Сказала: придут в 16, кв. 25")
    expect(note).to_have_value("Сказала: придут в 16, кв. 25")
    desk.keyboard.press("F9")

    expect(desk.locator("h1")).to_have_text("Записано")
    expect(desk.locator("main")).to_contain_text("придут в 16, кв. 25")
    expect(desk.locator("#coming")).to_contain_text("Ждут звонка")
    expect(desk.get_by_role("button", name="Следующий звонок")).to_be_focused()
    assert serious_faults(desk) == []
    desk.keyboard.press("F4")
    expect(desk.locator("h1")).to_contain_text("Обратный звонок")
    desk.keyboard.press("3")
    expect(desk.locator("h1")).to_have_text("Записано")


def test_somebody_asks_to_be_rung_after_six(centre: LocalStack, desk: Page, tell: Tell) -> None:
    missed(tell, "8 910 600 20 01")
    take(desk, centre, "600-20-01")
    desk.keyboard.press("6")
    expect(desk.locator("#id_later_at")).to_be_focused()
    desk.keyboard.type("завтра после 18:00")
    expect(desk.locator("#later-promise")).to_contain_text("Позвоним сразу после этого времени: завтра 18:00")
    desk.locator("#id_later_at").fill("")
    desk.get_by_role("button", name="через час").click()
    expect(desk.locator("#later-promise")).to_contain_text("Позвоним сразу после этого времени")
    desk.keyboard.press("F9")
    expect(desk.locator("#messages")).to_contain_text("Позвоним, когда просили")


def test_what_was_typed_outlives_a_reload_and_f9_saves_only_what_is_open(
    centre: LocalStack, desk: Page, tell: Tell
) -> None:
    missed(tell, "8 910 600 20 02")
    take(desk, centre, "600-20-02")
    # Nothing is unfolded: there is nothing to save.
    desk.keyboard.press("F9")
    expect(desk.locator("h1")).to_contain_text("Обратный звонок")
    desk.keyboard.press("1")
    desk.keyboard.type("Долгий рассказ")
    desk.reload()
    desk.keyboard.press("1")
    expect(desk.locator("#id_note")).to_have_value("Долгий рассказ")
    desk.keyboard.press("Escape")
    desk.keyboard.press("7")
    expect(desk.locator("#id_not_him_note")).to_be_focused()
    desk.get_by_role("button", name="Автоответчик").click()
    expect(desk.locator("#messages")).to_contain_text("Следующая попытка")


def test_two_promises_are_kept_by_one_talk(centre: LocalStack, desk: Page, tell: Tell) -> None:
    numbers = [registered(tell, "8 910 600 30 03", f"Темно, {place}") for place in ("подвал", "чердак")]
    owed_call(desk, centre, numbers[0])
    other = desk.locator(".beside-row", has_text=numbers[1])
    other.locator("[name=also]").check()
    desk.keyboard.press("1")
    desk.keyboard.type("О подвале и о чердаке")
    no_further_call(desk)
    desk.keyboard.press("F9")
    expect(desk.locator("h1")).to_have_text("Записано")
    for number in numbers:
        desk.goto(f"{centre.url}/desk/tickets/{number}/")
        expect(desk.locator("main")).to_contain_text("перезвонили")
        expect(desk.locator("main").get_by_role("button", name="Позвонить")).to_have_count(0)


@pytest.mark.parametrize("confirms", [True, False], ids=["confirmed", "returned"])
def test_the_control_call_asks_for_a_verdict(
    centre: LocalStack, desk: Page, sign_in: SignIn, tell: Tell, confirms: bool
) -> None:
    number = registered(tell, f"8 910 600 40 0{int(confirms)}", "Темно на лестнице")
    owed_call(desk, centre, number)
    desk.keyboard.press("1")
    desk.keyboard.type("Передали в УК")
    no_further_call(desk)
    desk.keyboard.press("F9")
    expect(desk.locator("h1")).to_have_text("Записано")
    portal = sign_in(centre, "uk")
    portal.goto(f"{centre.url}/portal/tickets/{number}/")
    open_step(portal, "Начать работу")
    open_step(portal, "Работа сделана", works="Заменили лампы")
    expect(portal.locator("main")).to_contain_text("выполнена")

    owed_call(desk, centre, number)
    expect(desk.locator("#say")).to_contain_text("работа сделана")
    if confirms:
        # Three keys: confirmed, the best mark, saved.
        desk.keyboard.press("1")
        desk.keyboard.press("5")
        expect(desk.locator("[name=mark][value='5']")).to_be_checked()
        assert serious_faults(desk) == []
        desk.keyboard.press("F9")
        expect(desk.locator("#messages")).to_contain_text("заявка закрыта")
    else:
        desk.keyboard.press("0")
        expect(desk.locator("#id_undone")).to_be_focused()
        desk.locator("#id_undone").select_option("again")
        desk.keyboard.press("Enter")
        desk.keyboard.type("Снова темно на 2 этаже")
        assert serious_faults(desk) == []
        desk.keyboard.press("F9")
        expect(desk.locator("#messages")).to_contain_text("возвращена")
        desk.goto(f"{centre.url}/desk/tickets/{number}/")
        expect(desk.locator("main")).to_contain_text("Сделали, но снова не работает. Снова темно на 2 этаже")


def test_the_second_operator_is_told_who_has_the_person(
    centre: LocalStack, desk: Page, sign_in: SignIn, tell: Tell
) -> None:
    missed(tell, "8 910 600 50 05")
    desk.goto(f"{centre.url}/desk/")
    second = sign_in(centre, "operator2")
    second.goto(f"{centre.url}/desk/")
    panel = desk.locator(".queue-row", has_text="600-50-05").get_attribute("id")
    assert panel
    second.goto(f"{centre.url}/desk/callbacks/{panel.rsplit('-', 1)[1]}/")
    expect(second.get_by_role("button", name="Взять звонок")).to_be_visible()

    take(desk, centre, "600-50-05")
    # Live, on the page that was open before.
    expect(second.locator("#lease")).to_contain_text("Этому человеку сейчас звонит", timeout=5000)
    desk.keyboard.press("F8")
    expect(second.locator("#lease")).to_contain_text("С этим человеком говорит", timeout=5000)
    second.get_by_role("button", name="Взять звонок").click()
    expect(second.locator("#messages")).to_contain_text("С этим человеком говорит")
    expect(second.get_by_role("button", name="Следующий звонок").first).to_be_visible()
    desk.keyboard.press("1")
    desk.keyboard.type("Ошибся номером")
    desk.keyboard.press("F9")
    expect(desk.locator("h1")).to_have_text("Записано")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_panel_fits_and_is_readable(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "supervisor", width=width, dark=dark)
    page.goto(f"{centre.url}/desk/")
    page.keyboard.press("F4")
    expect(page.locator("h1")).to_contain_text("Обратный звонок")
    for key in ("6", "7", "1"):
        page.keyboard.press(key)
        page.keyboard.press("Escape")
        page.locator(f"summary[data-key='{key}']").click()
        assert serious_faults(page) == [], key
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, key
        page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("5")
    expect(page.locator("h1")).to_have_text("Записано")
    assert serious_faults(page) == []


def owed_call(page: Page, centre: LocalStack, number: str) -> None:
    """Take the call that the card of this ticket says is owed."""
    page.goto(f"{centre.url}/desk/tickets/{number}/")
    page.locator("main").get_by_role("button", name=re.compile("Позвонить")).first.click()
    expect(page.locator("h1")).to_contain_text("Обратный звонок")


def no_further_call(page: Page) -> None:
    """The organisation is silent, and yet the next promise, offered ready, is declined here."""
    page.locator("#id_call_again_at").fill("")
