"""The desk by the keyboard alone, in a real browser on a real stack."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults


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


def log_a_call(page: Page, *, phone: str, problem: str, address: str, text: str) -> str:
    """F2, the fields in the order of speech, F9; returns the number that is dictated."""
    page.keyboard.press("F2")
    expect(page.locator("#id_phone")).to_be_focused()
    page.keyboard.type(phone)
    page.keyboard.press("Enter")
    page.keyboard.type(problem)
    page.keyboard.press("Enter")
    # A danger is handed over first.
    expect(page.locator("#id_handed_over")).to_be_focused()
    for _step in ("передано", "кто принял", "номер вне квартиры", "только здесь"):
        page.keyboard.press("Enter")
    expect(page.locator("#id_address")).to_be_focused()
    page.keyboard.type(address)
    expect(page.locator("#address-options .combo-option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#id_flat")).to_be_focused()
    for _field in ("подъезд", "этаж", "описание"):
        page.keyboard.press("Enter")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.keyboard.type("Мария Петровна")
    expect(page.locator("#guide")).to_contain_text("Кому передать")
    page.keyboard.press("F9")
    expect(page.locator(".dictate-number")).to_contain_text("Перезвоним до")
    found = re.search(r"\d\d-\d{6}", page.locator(".dictate-number").inner_text())
    assert found
    return found.group()


def test_a_call_is_logged_by_the_keyboard_alone(desk: Page) -> None:
    number = log_a_call(desk, phone="8 910 500 10 01", problem="запах", address="кир 20 15", text="Пахнет на кухне")

    # F2 again: the form is empty, the draft of the saved call is gone.
    desk.keyboard.press("F2")
    expect(desk.locator("#id_phone")).to_be_focused()
    expect(desk.locator("#id_phone")).to_have_value("")
    expect(desk.locator("#id_text")).to_have_value("")

    # The same person rings again: his ticket is shown before anything is asked.
    desk.keyboard.type("89105001001")
    known = desk.locator("#known")
    expect(known).to_contain_text(number)
    expect(known).to_contain_text("Мария Петровна")
    assert serious_faults(desk) == []


def test_danger_opens_its_script_and_is_first_in_the_queue(desk: Page) -> None:
    number = log_a_call(desk, phone="8 910 500 10 02", problem="запах", address="кир 20 16", text="Пахнет газом")
    desk.keyboard.press("Escape")
    expect(desk.locator("h1")).to_have_text("Обратные звонки")
    row = desk.locator(".queue-row", has=desk.locator(f"a[href='/desk/tickets/{number}/']"))
    expect(row).to_contain_text("опасность")


def test_a_ring_back_from_the_queue_by_keys(desk: Page) -> None:
    desk.keyboard.press("F4")
    expect(desk.locator("h1")).to_contain_text("Обратный звонок")
    expect(desk.get_by_role("button", name="Звоню")).to_be_focused()
    desk.keyboard.press("F8")
    expect(desk.locator("#dial")).to_contain_text("Идёт звонок с")
    assert serious_faults(desk) == []

    desk.keyboard.press("1")
    expect(desk.locator("#id_note")).to_be_focused()
    desk.keyboard.type("Сказала, кто взял заявку и когда придут")
    desk.keyboard.press("F9")

    expect(desk.locator("#messages")).to_contain_text("записан")
    expect(desk.locator("h1")).to_have_text("Записано")


def test_nobody_answers_is_one_key(desk: Page) -> None:
    desk.keyboard.press("F4")
    expect(desk.locator("h1")).to_contain_text("Обратный звонок")
    desk.keyboard.press("2")
    expect(desk.locator("#messages")).to_contain_text(re.compile("Следующая попытка|решает старший смены"))


def refresh_alarms(page: Page) -> None:
    with page.expect_response(re.compile(r"/desk/alarms/")):
        page.evaluate("htmx.trigger('#alarms', 'refresh')")
    page.wait_for_timeout(300)


def test_what_was_typed_to_an_alarm_outlives_its_refresh(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    page.goto(f"{centre.url}/desk/alarms/")
    row = page.locator(".alarm[data-alarm]").first
    note = f"#{row.locator('[name=note]').get_attribute('id')}"
    box = f"#{row.locator('[name=chosen]').get_attribute('id')}"

    page.fill(note, "Звоню в организацию")
    page.check(box)
    # Nobody is at the list any more: it is renewed at once.
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.locator(note).evaluate("field => { field.dataset.old = ''; }")
    refresh_alarms(page)

    expect(page.locator(note)).not_to_have_attribute("data-old", "")
    expect(page.locator(note)).to_have_value("Звоню в организацию")
    expect(page.locator(box)).to_be_checked()


def test_many_alarms_are_answered_at_once(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    page.goto(f"{centre.url}/desk/alarms/")
    # The promises of the demonstration come due one after the other.
    expect(page.locator(".alarms [name=chosen]").nth(1)).to_be_visible(timeout=150_000)
    many = page.locator("#answer-many")
    page.locator("#choose-all").check()
    for box in page.locator(".alarms [name=chosen]").all():
        expect(box).to_be_checked()
    for box in page.locator(".alarms [name=chosen]").all()[2:]:
        box.uncheck()
    many.get_by_label("Что делаю, для всех выбранных").fill("Был сбой, звоним")
    many.get_by_role("button").click()

    expect(page.locator("#messages")).to_contain_text("Принято тревог: 2")
    page.goto(f"{centre.url}/desk/alarms/?shown=all")
    expect(page.get_by_text("Был сбой, звоним")).to_have_count(2)


def test_a_ladder_is_unfolded_by_the_keyboard(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "operator")
    page.goto(f"{centre.url}/desk/tickets/")
    page.locator(".row-link").first.click()
    ladder = page.locator("details.ladder:not([open])").first
    name = ladder.get_attribute("id")
    ladder.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(page.locator(f"#{name} .rungs li").first).to_be_visible()
    assert serious_faults(page) == []


def test_alarms_leave_the_first_calls_in_sight(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "supervisor")
    # The demonstration's promises break one after another.
    expect(page.locator("#strip .alarm").nth(2)).to_be_visible(timeout=150_000)
    assert page.locator(".queue-row").first.evaluate("row => row.getBoundingClientRect().bottom") <= 900


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_is_readable(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "supervisor", width=width, dark=dark)
    page.goto(f"{centre.url}/desk/tickets/")
    card = page.locator(".row-link").first.get_attribute("href")
    for path in ("/desk/", "/desk/new/", "/desk/missed/", "/desk/alarms/", "/desk/tickets/", card):
        page.goto(f"{centre.url}{path}")
        assert serious_faults(page) == [], path
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
