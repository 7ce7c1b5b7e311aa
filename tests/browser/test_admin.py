"""The registers as a supervisor and an administrator see them: readable, in their place, and a rule changed by hand."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

LISTED = "/admin/callbacks/clockrule/"
OF_THE_SHIFT = ("/admin/", LISTED, "/admin/callbacks/calendarday/add/", "/admin/accounts/dutyshift/",
                "/admin/accounts/dutyshift/add/")  # fmt: skip


@pytest.fixture
def complaints(contexts: list[BrowserContext]) -> Iterator[list[str]]:
    """What the browser complained of, the policy for scripts and styles above all: nothing."""
    heard: list[str] = []
    yield heard
    assert heard == []


def listened(page: Page, complaints: list[str]) -> Page:
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    return page


def open_rule(page: Page, centre: LocalStack, clock: str) -> None:
    page.goto(f"{centre.url}{LISTED}")
    page.get_by_role("link", name=clock, exact=True).click()
    expect(page.get_by_label("Почему изменено")).to_be_visible()


def look_over(page: Page, width: int, complaints: list[str]) -> None:
    assert complaints == [], page.url
    assert serious_faults(page) == [], page.url
    # axe copies imported style sheets into the page, which the policy rightly refuses: that is no fault of ours.
    complaints.clear()
    # What is wide scrolls in its own frame, the page itself does not.
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_serious_is_in_the_way(
    centre: LocalStack, sign_in: SignIn, complaints: list[str], width: int, dark: bool
) -> None:
    page = listened(sign_in(centre, "supervisor", width=width, dark=dark), complaints)
    for path in OF_THE_SHIFT:
        page.goto(f"{centre.url}{path}")
        look_over(page, width, complaints)
    open_rule(page, centre, "принятие организацией")
    look_over(page, width, complaints)

    page = listened(sign_in(centre, "admin", width=width, dark=dark), complaints)
    for path in ("/admin/", "/admin/companies/company/add/"):
        page.goto(f"{centre.url}{path}")
        look_over(page, width, complaints)
    page.goto(f"{centre.url}/admin/companies/company/")
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_label("Работает с")).to_be_visible()
    look_over(page, width, complaints)


def test_a_supervisor_changes_a_ladder(centre: LocalStack, sign_in: SignIn, complaints: list[str]) -> None:
    page = sign_in(centre, "supervisor")
    page.get_by_role("link", name="Справочники").click()
    listened(page, complaints)
    open_rule(page, centre, "письменный ответ")

    page.get_by_role("button", name="Добавить строку").click()
    page.locator("#id_rungs-4-offset").fill("2 дня")
    page.locator("#id_rungs-4-audience").select_option("ministry")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator(".field-note .errorlist")).to_be_visible()
    expect(page.locator("#id_rungs-4-offset")).to_have_value("2 дня")

    page.get_by_label("Почему изменено").fill("Министерство просит сообщать")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Новая версия действует для новых заявок")

    open_rule(page, centre, "письменный ответ")
    history = page.locator(".versions tbody tr")
    expect(history.first).to_contain_text("Наталья Белова")
    expect(history.first).to_contain_text("нет → через 2 дн после срока: дежурный министерства")
    history.last.get_by_role("link").click()
    expect(page.locator(".former-version")).to_contain_text("Это прежняя версия.")
    expect(page.get_by_role("button", name="Сохранить")).to_have_count(0)
    look_over(page, 1440, complaints)
