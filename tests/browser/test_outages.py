"""An outage from the first word to the last call: announced, told live, news, over, rung, and the rest waived."""

import re

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

# Three more callers of the same house, as other operators took them.
CALLS = """
from uuid import uuid4
from accounts import clock
from accounts.models import User
from callbacks.models import Contact
from tickets.models import Category, Outage
from tickets.services import Address, register_ticket
at = clock.now()
outage = Outage.objects.get(where="ул. Театральная, весь квартал")
for number in range(3):
    register_ticket(
        contact=Contact(received_at=at, phone=f"+7911000{number:04d}"), category=Category.objects.get(code="W04"),
        address=Address(building=outage.buildings.get(house="3"), flat=str(number + 1)), text="Нет воды",
        operator=User.objects.get(username="operator2"), intake_key=uuid4(), at=at, outage=outage, told_live=True,
    )
"""


def announce(page: Page, centre: LocalStack) -> None:
    """By the form: what is off, in which houses, what to say."""
    page.goto(f"{centre.url}/desk/outages/")
    page.get_by_role("link", name="Объявить отключение").first.click()
    page.get_by_label("Холодная вода").check()
    page.fill("#id_text", "На Театральной порыв, бригада выехала.")
    page.fill("#id_lines", "ул. Театральная 1–50")
    expect(page.locator("#houses")).to_contain_text("Найдено домов: 6")
    page.fill("#id_where", "ул. Театральная, весь квартал")
    page.select_option("#id_company", label="Водоканал Приочья")
    assert serious_faults(page) == []
    page.keyboard.press("F9")
    page.wait_for_url(re.compile(r"/desk/outages/\d+/$"))
    expect(page.locator("#messages")).to_contain_text("Отключение объявлено")


def take_call(page: Page, centre: LocalStack) -> None:
    """A caller of that house: the desk shows the outage, F8 joins him to it, and he is told at once."""
    page.goto(f"{centre.url}/desk/new/?fresh")
    page.locator("#id_phone").press_sequentially("89110009999")
    page.locator("#id_category_text").press_sequentially("нет холодной воды")
    page.locator("#category-options").get_by_role("option", name="Нет холодной воды").first.click()
    page.locator("#id_address").press_sequentially("театральная 3")
    page.locator("#address-options [role=option]").first.wait_for()
    page.press("#id_address", "Enter")
    expect(page.locator("#guide")).to_contain_text("На Театральной порыв, бригада выехала.")
    page.fill("[name=text]", "Нет воды с утра")
    page.keyboard.press("F8")
    expect(page.locator("#id_outage")).to_be_checked()
    page.locator("#id_wants_news").check()
    page.keyboard.press("F9")
    page.wait_for_url("**/registered/")
    expect(page.locator("main")).to_contain_text("Об отключении сказано сразу: обещание исполнено.")


def act(page: Page, title: str, **fields: str) -> None:
    """Unfold one of the acts, fill it in, send it."""
    step = page.locator("details.step", has=page.locator("summary", has_text=title))
    step.locator("summary").click()
    for name, value in fields.items():
        step.locator(f"[name={name}]").fill(value)
    step.locator("button[type=submit]").click()
    expect(page.locator("#messages")).to_contain_text("Записано")


def test_an_outage_from_the_first_word_to_the_last_call(centre: LocalStack, sign_in: SignIn) -> None:
    operator, supervisor = sign_in(centre, "operator"), sign_in(centre, "supervisor", dark=True)
    announce(operator, centre)
    address = operator.url
    supervisor.goto(address)

    take_call(operator, centre)
    centre.manage("shell", "-c", CALLS)
    # The supervisor's open page learns of both by itself.
    expect(supervisor.locator("#outage")).to_contain_text("всего 4 · сказано сразу 4 · просят позвонить 1")
    assert serious_faults(supervisor) == []

    operator.goto(address)
    act(operator, "Принято по телефону", said_by="Иванова, дежурная")
    act(operator, "Сообщить новость", text="Место порыва нашли")
    expect(supervisor.locator("#outage")).to_contain_text("Место порыва нашли")
    expect(supervisor.locator("#outage-head")).to_contain_text("приняла")
    act(operator, "Включили", works="Заварили трубу", said_by="Иванова")

    calls = operator.get_by_role("region", name="Обзвон")
    expect(calls).to_contain_text("3 осталось позвонить")
    expect(calls).to_contain_text("просит позвонить")
    expect(calls.get_by_role("button", name="Позвонить")).to_have_count(3)
    assert serious_faults(operator) == []
    expect(operator.get_by_text("Снять остальные обещания")).to_have_count(0)

    supervisor.goto(address)
    act(supervisor, "Снять остальные обещания", note="Двое подтвердили: вода есть")
    expect(supervisor.get_by_role("region", name="Обзвон")).to_contain_text("1 сняты старшим")
    assert serious_faults(supervisor) == []

    # From the list one rings whoever is to be rung.
    operator.goto(address)
    operator.get_by_role("region", name="Обзвон").get_by_role("button", name="Позвонить").first.click()
    operator.wait_for_url("**/desk/callbacks/**")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_outages_fits_and_is_readable(
    centre: LocalStack, sign_in: SignIn, width: int, dark: bool
) -> None:
    page = sign_in(centre, "supervisor", width=width, dark=dark)
    page.goto(f"{centre.url}/desk/outages/")
    one = page.locator(".outage-row a").first.get_attribute("href")
    for path in ("/desk/outages/", "/desk/outages/calendar/", "/desk/outages/?shown=past", "/desk/outages/new/", one):
        page.goto(f"{centre.url}{path}")
        assert serious_faults(page) == [], path
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path


def test_the_pages_are_kept_by_the_keyboard(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "operator")
    page.goto(f"{centre.url}/desk/outages/")
    page.locator(".outage-row a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/outages/\d+/$"))
    page.locator("summary", has_text="Сообщить новость").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_news_text")).to_be_visible()
    # The first folds what was unfolded, the second leads back.
    page.keyboard.press("Escape")
    expect(page.locator("#id_news_text")).not_to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/desk/outages/")
