"""An organisation at work on a telephone: accept, start, done; and a foreman who was given a ticket."""

import re

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

PHONE = 390


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Состояния заявок").get_by_role("link", name=name).click()
    expect(page.locator(".tabs [aria-current]")).to_contain_text(name)


def test_from_accepting_to_done(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "uk", width=PHONE, height=844)
    expect(page).to_have_url(re.compile(r"/portal/$"))
    row = page.locator(".ticket").first
    number = (row.get_attribute("id") or "").removeprefix("ticket-")

    row.get_by_role("button", name="Принять").click()
    expect(page.get_by_text(f"Заявка {number}: Принять")).to_be_visible()
    expect(page.locator(f"#ticket-{number}")).to_have_count(0)

    open_tab(page, "В работе")
    page.locator(f"#ticket-{number}").get_by_role("button", name="Начать работу").click()
    expect(page.locator(f"#ticket-{number}").get_by_text("в работе")).to_be_visible()

    page.locator(f"#ticket-{number}").get_by_role("link", name="Работа сделана").click()
    page.get_by_label("Что сделано").fill("Заменили лампы на трёх этажах")
    page.get_by_label(re.compile("Номер акта")).fill("17")
    page.locator("#report_done").get_by_role("button", name="Работа сделана").click()
    expect(page.locator(".topbar").get_by_text("выполнена")).to_be_visible()
    expect(page.locator(".history")).to_contain_text("Заменили лампы на трёх этажах")

    page.goto(f"{centre.url}/portal/?tab=done")
    expect(page.locator(f"#ticket-{number}")).to_be_visible()


def test_who_is_asked_answers_by_name(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "rso", width=PHONE, height=844)
    asked = page.locator(".asked-list > [data-alarm]")
    key = asked.first.get_attribute("data-alarm")
    assert serious_faults(page) == []

    asked.first.get_by_label("Что делаете").fill("Бригада выехала")
    asked.first.get_by_role("button", name="Отвечаю").click()

    expect(page.locator("#messages")).to_contain_text("Ответ принят")
    expect(page.locator(f"[data-alarm='{key}']")).to_have_count(0)


def test_the_list_refreshes_by_itself(centre: LocalStack, sign_in: SignIn) -> None:
    page, colleague = (sign_in(centre, "rso", width=PHONE, height=844) for _turn in range(2))
    number = (page.locator(".ticket").first.get_attribute("id") or "").removeprefix("ticket-")

    colleague.locator(f"#ticket-{number}").get_by_role("button", name="Принять").click()

    expect(page.locator(f"#ticket-{number}")).to_have_count(0)


def test_a_refusal_keeps_what_was_typed(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "municipal", width=PHONE, height=844)
    page.get_by_role("link", name=re.compile("Не наша: вернуть в центр")).first.click()

    form = page.locator("#reject")
    form.get_by_label("Пояснение").fill("Дорога областная")
    form.get_by_role("button", name="Не наша: вернуть в центр").click()

    expect(page.locator("#reject").get_by_label("Пояснение")).to_have_value("Дорога областная")
    expect(page.locator("#reject .field-error").first).to_be_visible()


def test_a_foreman_sees_only_his_own(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "foreman", width=PHONE, height=844)
    expect(page.locator(".ticket").first).to_be_visible()

    colleague = sign_in(centre, "foreman2", width=PHONE, height=844)
    expect(colleague.locator("main")).to_contain_text("Заявок нет")
    expect(colleague.locator(".ticket")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1440])
def test_nothing_serious_is_in_the_way(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "uk", width=width, dark=dark)
    for tab in ("new", "work", "expiring", "returned", "done"):
        page.goto(f"{centre.url}/portal/?tab={tab}")
        assert serious_faults(page) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    page.goto(f"{centre.url}/portal/?tab=work")
    page.locator(".ticket-problem a").first.click()
    for step in page.locator("details.step").all():
        step.locator("summary").click()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
