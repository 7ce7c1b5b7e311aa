"""What the intake form decides by itself and what it leaves to the operator: doubtful addresses, tabs beside it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn
from .intake_steps import choose, fresh

# Where no other journey and no ticket of the demonstration has anything.
QUIET_PLACE = "вишн 19 5"
FRONT = "[role=tab][aria-selected=true]"


@pytest.fixture
def desk(centre: LocalStack, sign_in: SignIn) -> Iterator[Page]:
    page = sign_in(centre, "operator")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    fresh(page, centre)
    yield page
    assert complaints == []


def type_address(page: Page, text: str) -> None:
    page.locator("#id_address").focus()
    page.keyboard.type(text, delay=40)
    expect(page.locator("#address-options [data-value]").first).to_be_visible()


def test_enter_takes_no_address_that_is_doubtful(desk: Page) -> None:
    # House 5 of Гагарина is nowhere in the register, house 1 is in another town.
    type_address(desk, "гагарина 5 1")
    first = desk.locator("#address-options [data-value]").first
    expect(first).to_contain_text("ул. Гагарина, 5, кв. 1")
    expect(first).to_contain_text("г. Калуга · дома нет в реестре")
    expect(desk.locator("#address-options [aria-selected=true]")).to_have_count(0)
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_address")).to_be_focused()
    expect(desk.locator("#id_address")).to_have_value("гагарина 5 1")
    assert desk.locator("#id_building").input_value() == ""

    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_flat")).to_be_focused()
    assert [desk.locator(f"#id_{part}").input_value() for part in ("house", "flat", "building")] == ["5", "1", ""]
    assert "Калуга" in desk.locator("#id_locality").input_value()


def test_enter_before_the_list_takes_no_doubtful_address_either(desk: Page) -> None:
    desk.locator("#id_address").focus()
    desk.keyboard.type("гагарина 5 1")
    desk.keyboard.press("Enter")
    expect(desk.locator("#address-options [data-doubtful]").first).to_be_visible()
    expect(desk.locator("#id_address")).to_be_focused()
    assert desk.locator("#id_building").input_value() == ""


def test_a_settlement_leads_on_to_a_street_and_a_house(desk: Page) -> None:
    type_address(desk, "малоярославец")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_address")).to_be_focused()
    expect(desk.locator("#id_address")).to_have_value("г. Малоярославец, ул. Московская, ")
    expect(desk.locator("#address-options [data-value]").first).to_contain_text("ул. Московская, 4/7")
    desk.keyboard.type("43", delay=40)
    expect(desk.locator("#address-options [data-exact]")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_address")).to_have_value("ул. Московская, 43")


def test_of_an_unknown_number_the_address_comes_to_the_front(desk: Page) -> None:
    expect(desk.locator(FRONT)).to_contain_text("По этому телефону")
    choose(desk, "#id_address", QUIET_PLACE)
    expect(desk.locator(FRONT)).to_contain_text("По адресу")
    expect(desk.locator("#here")).to_be_visible()
    # The next keystroke belongs where it belonged.
    expect(desk.locator("#id_flat")).to_be_focused()


def test_a_tab_that_the_operator_chose_stays(desk: Page) -> None:
    desk.locator("#tab-neighbours").click()
    choose(desk, "#id_address", QUIET_PLACE)
    expect(desk.locator("#here")).to_contain_text("по этому адресу")
    expect(desk.locator(FRONT)).to_contain_text("Соседи")
