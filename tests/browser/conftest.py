"""A real Chromium on a real centre: the stack that ``make run`` starts, with data of its own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dispatch_center.local.stack import LocalStack

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# The browser talks to this machine only.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"

# A machine with two busy cores is still a machine to pass on.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def _stack(**env: str) -> Iterator[LocalStack]:
    home = Path(os.environ.get("VAR_DIR") or tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="journey-", dir=home, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with LocalStack(var=Path(folder), env={"LOG_LEVEL": "WARNING", **env}) as stack:
            yield stack


@pytest.fixture(scope="session")
def centre() -> Iterator[LocalStack]:
    """The centre with its demonstration data and the usual ten minutes."""
    yield from _stack()


@pytest.fixture(scope="session")
def hasty_centre() -> Iterator[LocalStack]:
    """The same, where a promise is due after six seconds."""
    yield from _stack(CALLBACK_PROMISE="0.1")


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


def _forget_drafts(stack: LocalStack) -> None:
    """A call that an earlier journey left half typed would come back by itself at the first F2 of this one."""
    with closing(psycopg2.connect(stack.environment()["DATABASE_URL"])) as connection, connection:
        connection.cursor().execute("DELETE FROM tickets_intakedraft")


@pytest.fixture
def sign_in(browser: Browser, contexts: list[BrowserContext]) -> SignIn:
    """``sign_in(stack, "operator", width=390, dark=True)``: a page of its own, already inside."""

    entered: set[str] = set()

    def enter(stack: LocalStack, username: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        if stack.url not in entered:
            entered.add(stack.url)
            _forget_drafts(stack)
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="ru-RU",
            timezone_id="Europe/Moscow",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{stack.url}/login/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", "demo")
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    return enter


def serious_faults(page: Page) -> list[str]:
    """What axe finds serious or critical on the page, as «rule: element»."""
    # Evaluated over the debugging protocol: our policy rightly refuses a script tag.
    page.evaluate(f"() => {{ {AXE.read_text(encoding='utf-8')} }}")
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:120]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]
