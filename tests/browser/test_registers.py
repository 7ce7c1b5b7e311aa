"""The register in a browser: binding houses with its preview, and who serves a house, readable by everybody."""

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults
from .intake_steps import in_the_centre


def look_over(page: Page, width: int) -> None:
    assert serious_faults(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


OF_THE_REGISTER = "from tickets.models import Ticket; print(Ticket.objects.exclude(building=None).latest('id').number)"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_an_administrator_binds_a_street_and_everybody_reads_it(
    centre: LocalStack, sign_in: SignIn, width: int, dark: bool
) -> None:
    page = sign_in(centre, "admin", width=width, dark=dark)
    page.goto(f"{centre.url}/register/gaps/")
    page.fill("#id_q", "калуга")
    page.get_by_role("button", name="Показать").click()
    look_over(page, width)
    page.get_by_role("link", name="Сменить или закрепить").click()
    page.select_option("#id_locality", label="г. Калуга")
    page.fill("#id_street", "кирова")
    page.fill("#id_house_to", "20")
    page.get_by_label("Управление домом").check()
    page.select_option("#id_company", index=1)
    page.fill("#id_since", "2027-01-01")
    page.get_by_role("button", name="Показать, что изменится").click()
    expect(page.locator("#plan-title")).to_be_visible()
    expect(page.locator(".bind-plan")).to_contain_text("г. Калуга, ул. Кирова, 20")
    look_over(page, width)

    page = sign_in(centre, "operator", width=width, dark=dark)
    page.goto(f"{centre.url}/desk/tickets/{in_the_centre(centre, OF_THE_REGISTER)}/")
    page.get_by_role("link", name="Кто обслуживает этот дом").click()
    expect(page.locator("#serves-title")).to_be_visible()
    look_over(page, width)
