"""What journeys through the intake form share."""

import re
import subprocess
import sys

from playwright.sync_api import Page, expect

from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.stack import LocalStack

NUMBER = re.compile(r"\d\d-\d{6,}")


def in_the_centre(stack: LocalStack, script: str) -> str:
    """What ``script`` prints when it is run by the centre's own shell."""
    words = [sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
    env = stack.environment()
    return subprocess.run(words, cwd=CHECKOUT, env=env, check=True, capture_output=True, text=True).stdout.strip()


def count_of(stack: LocalStack, what: str) -> int:
    imports = "from tickets.models import *; from callbacks.models import *"
    return int(in_the_centre(stack, f"{imports}; print({what}.count())"))


def fresh(page: Page, centre: LocalStack) -> None:
    page.goto(f"{centre.url}/desk/new/?fresh")
    expect(page.locator("#id_phone")).to_be_focused()


def choose(page: Page, field: str, letters: str) -> None:
    """Type into a combobox and take the first option when it is there."""
    page.locator(field).focus()
    page.keyboard.type(letters, delay=40)
    expect(page.locator(f"{field}[aria-expanded=true]")).to_be_visible()
    page.keyboard.press("Enter")


def tell(page: Page, *, phone: str, problem: str, address: str, text: str = "") -> None:
    """The least of a call, without saving it."""
    page.locator("#id_phone").fill(phone)
    choose(page, "#id_category_text", problem)
    expect(page.locator("#id_category")).not_to_have_value("")
    choose(page, "#id_address", address)
    expect(page.locator("#guide")).to_contain_text("Кому передать")
    if text:
        page.locator("#id_text").fill(text)


def saved_number(page: Page) -> str:
    page.wait_for_url("**/registered/**")
    found = NUMBER.search(page.locator(".dictate-number").inner_text())
    assert found
    return found[0]


def kept(page: Page) -> None:
    """Until the last letter is on the server."""
    with page.expect_response(re.compile("/desk/new/draft/")) as answer:
        pass
    assert answer.value.status == 204
