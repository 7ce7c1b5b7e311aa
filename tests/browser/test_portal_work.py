"""The dispatcher's day beside the steps: sound, search, telephones, colleagues, figures, papers."""

import re

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

PHONE = 390


def first_in_work(page: Page, centre: LocalStack) -> str:
    """The card of the first accepted ticket of a flat; returns its number."""
    page.goto(f"{centre.url}/portal/?tab=work")
    row = page.locator(".ticket", has_text="кв.").first
    number = (row.get_attribute("id") or "").removeprefix("ticket-")
    page.goto(f"{centre.url}/portal/tickets/{number}/")
    return number


def test_the_bar_stays_until_alarms_can_be_heard(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "uk", width=PHONE, height=844)
    bar = page.locator("#sound-bar")
    page.goto(f"{centre.url}/portal/")
    expect(bar).to_be_visible()
    expect(bar).to_contain_text("Звук ещё не включён")

    with page.expect_response(lambda answer: answer.url.endswith("/portal/screen/")) as told:
        page.get_by_role("button", name="Включить звук").click()

    expect(bar).to_be_hidden()
    assert told.value.request.post_data == "sound=on"
    assert told.value.status == 204

    # Whoever switches it off is reminded at once, and the centre is told.
    with page.expect_response(lambda answer: answer.url.endswith("/portal/screen/")) as told:
        page.evaluate("document.querySelector('[data-sound-set=toggle]').click()")
    expect(bar).to_contain_text("Звук выключен")
    assert told.value.request.post_data == "sound=off"
    page.get_by_role("button", name="Включить звук").click()
    expect(bar).to_be_hidden()


def test_the_first_press_reaches_what_it_was_meant_for(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "uk")
    page.goto(f"{centre.url}/portal/?tab=work")
    expect(page.locator("#sound-bar")).to_be_visible()
    page.locator(".ticket-problem a").first.click()
    expect(page).to_have_url(re.compile(r"/portal/tickets/[0-9-]+/$"))


def test_a_telephone_is_asked_for_given_and_shown(centre: LocalStack, sign_in: SignIn) -> None:
    page, desk = sign_in(centre, "uk", width=PHONE, height=844), sign_in(centre, "operator")
    number = first_in_work(page, centre)
    page.locator("#ask-phone summary").click()
    page.get_by_label("Зачем нужен телефон").fill("Не открывают дверь")
    page.locator("#ask-phone").get_by_role("button", name="Запросить телефон").click()
    expect(page.locator("#phone")).to_contain_text("центр спрашивает жителя")

    desk.goto(f"{centre.url}/desk/organisations/")
    asked = desk.locator(".phone-request", has_text="Не открывают дверь")
    assert serious_faults(desk) == []
    asked.get_by_label("Что сказал житель").fill("Согласна, до восьми")
    asked.get_by_role("button", name="Согласен: дать телефон").click()
    expect(asked).to_have_count(0)

    page.reload()
    page.get_by_role("button", name="Показать телефон жителя").click()
    expect(page.locator(".portal-phone-shown a")).to_contain_text(re.compile(r"8 \("))
    assert serious_faults(page) == []
    # The address has not changed, and holds nothing of it.
    assert page.url.endswith(f"/portal/tickets/{number}/")

    supervisor = sign_in(centre, "supervisor", dark=True)
    supervisor.goto(f"{centre.url}/desk/phones/")
    expect(supervisor.get_by_role("row", name=re.compile(number))).to_contain_text("Марина Фомина")
    assert serious_faults(supervisor) == []


def test_a_note_is_read_and_answered(centre: LocalStack, sign_in: SignIn) -> None:
    page, desk = sign_in(centre, "uk", width=PHONE, height=844), sign_in(centre, "operator")
    number = first_in_work(page, centre)
    page.locator("#comment summary").click()
    page.locator("#comment textarea").fill("Ключ от подвала у старшей по дому")
    page.locator("#comment").get_by_role("button", name="Добавить запись").click()
    expect(page.locator(".history")).to_contain_text("Ключ от подвала")

    desk.goto(f"{centre.url}/desk/tickets/{number}/")
    expect(desk.locator(".company-says")).to_contain_text("Ключ от подвала у старшей по дому")
    desk.locator("summary", has_text="Ответить организации").click()
    answer = desk.locator("form[action$='/answer/']")
    answer.locator("textarea").fill("Старшая будет дома с шести")
    answer.get_by_role("button", name="Ответить организации").click()
    expect(desk.locator(".company-says")).to_have_count(0)

    page.goto(f"{centre.url}/portal/?tab=work")
    expect(page.locator(f"#ticket-{number}")).to_contain_text("Центр ответил")


def test_a_colleague_is_invited_and_let_go(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "uk", width=PHONE, height=844)
    page.goto(f"{centre.url}/portal/people/")
    page.locator("#invite summary").click()
    for label, text in (("Фамилия", "Щукина"), ("Имя", "Яна"), ("Почта", "yana@example.org")):
        page.locator("#invite").get_by_label(label, exact=True).fill(text)
    assert serious_faults(page) == []
    page.get_by_role("button", name="Послать приглашение").click()
    line = page.locator(".person-line", has_text="Яна Щукина")
    expect(line).to_contain_text("ещё нет входа")

    line.locator("summary").click()
    line.get_by_role("button", name="Отключить: больше не войдёт").click()
    expect(page.locator(".person-line", has_text="Яна Щукина")).to_contain_text("доступ отключён")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1440])
def test_nothing_serious_is_in_the_way(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "uk", width=width, dark=dark)
    number = first_in_work(page, centre)
    pages = ("portal/people/", "reports/own/", "reports/own/tickets/?cell=handed_over", f"portal/tickets/{number}/act/",
             f"portal/tickets/{number}/order/", f"portal/tickets/{number}/")  # fmt: skip
    for address in pages:
        page.goto(f"{centre.url}/{address}")
        assert serious_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.goto(f"{centre.url}/portal/")
    page.get_by_role("searchbox").fill("кирова")
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_role("heading", name="Найденные заявки")).to_be_visible()
    assert serious_faults(page) == []
