"""The pictures of README and of the guides: ``python -m tests.browser.pictures``.

The stack with its demonstration data is started, walked through by every role, and thrown away. The pictures replace
those in ``docs/pictures``; look at them before you commit them.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.stack import LocalStack

from .conftest import CHROMIUM, PATIENCE_MS, QUIET

PICTURES = CHECKOUT / "docs" / "pictures"
HEIGHTS = {1440: 900, 390: 844}
# Fonts, charts and the first refresh of a live list.
SETTLE_MS = 700

Show = Callable[[Page], object]


def opened(address: str) -> Show:
    return lambda page: page.goto(address)


def first_late_ticket(page: Page) -> None:
    page.goto("/desk/tickets/?overdue=on")
    page.locator(".row-link").first.click()
    page.wait_for_url("**/desk/tickets/*/")


def call_being_written_down(page: Page) -> None:
    """The intake form as it stands just before F9: a caller of the demonstration, whom we owe a call already."""
    page.goto("/desk/new/")
    page.locator("#id_phone").press_sequentially("89000000004")
    page.locator(".person").first.wait_for()
    page.keyboard.press("F6")
    page.locator("#id_category_text").press_sequentially("запах газа")
    page.locator("#category-options [role=option]").first.wait_for()
    page.press("#id_category_text", "Enter")
    page.fill("[name=text]", "Пахнет газом у плиты, окно открыли")
    page.locator("#guide .guide").wait_for()


def call_being_made(page: Page) -> None:
    """The most urgent call, taken, dialled, and the caller asks to be rung later."""
    page.goto("/desk/")
    page.keyboard.press("F4")
    page.wait_for_url("**/desk/callbacks/**")
    page.keyboard.press("F8")
    page.locator(".in-call").wait_for()
    page.keyboard.press("6")
    page.keyboard.type("завтра после 18")
    page.locator("#later-promise .icon").wait_for()


def tickets_being_found(page: Page) -> None:
    page.goto("/desk/tickets/")
    page.keyboard.type("течь")
    page.keyboard.press("Enter")
    page.locator(".why").first.wait_for()


def first_outage(page: Page) -> None:
    page.goto("/desk/outages/")
    page.locator(".outage-row a").first.click()
    page.wait_for_url("**/desk/outages/*/")


def shift_of_one(page: Page) -> None:
    """Somebody on the line, with a call in hand."""
    page.goto("/desk/")
    page.locator("#line .line-switch").wait_for()
    page.keyboard.press("Pause")
    page.locator("#line .line-switch[data-on]").wait_for()
    page.goto("/desk/shift/")


def first_portal_ticket(page: Page) -> None:
    page.goto("/portal/?tab=work")
    page.locator(".ticket-problem a").first.click()
    page.wait_for_url("**/portal/tickets/*/")


def heard(show: Show) -> Show:
    """The page after somebody has touched it: its sound is on."""

    def shown(page: Page) -> None:
        show(page)
        page.locator("h1").click()
        page.locator("#sound-bar").wait_for(state="hidden")

    return shown


def shown_phone(page: Page) -> None:
    """A number, once the centre has given access to it."""
    page.goto("/portal/?tab=work")
    page.locator(".ticket", has_text="кв.").locator(".ticket-problem a").first.click()
    page.wait_for_url("**/portal/tickets/*/")
    number = page.url.rstrip("/").rpartition("/")[2]
    page.locator("#ask-phone summary").click()
    page.get_by_label("Зачем нужен телефон").fill("Не открывают дверь, мастер у подъезда")
    page.locator("#ask-phone button").click()
    assert page.context.browser is not None
    desk = page.context.browser.new_context(base_url=page.url.split("/portal/")[0]).new_page()
    desk.goto("/login/")
    desk.fill("[name=username]", "operator")
    desk.fill("[name=password]", "demo")
    desk.press("[name=password]", "Enter")
    desk.wait_for_url(lambda url: "/login/" not in url)
    desk.goto(f"/desk/tickets/{number}/")
    desk.locator(".phone-request textarea").fill("Согласна, звонить до восьми вечера")
    desk.locator(".phone-request .btn-primary").click()
    desk.locator(".phone-request").wait_for(state="detached")
    desk.context.close()
    page.reload()
    page.get_by_role("button", name="Показать телефон жителя").click()
    page.locator(".portal-phone-shown").wait_for()
    page.locator("#phone").scroll_into_view_if_needed()


@dataclass(frozen=True, slots=True)
class Picture:
    """``show`` brings the page to what is to be seen; the file is called «name-width-theme.png»."""

    name: str
    username: str
    show: Show
    width: int = 1440
    dark: bool = False
    whole: bool = False

    @property
    def path(self) -> Path:
        return PICTURES / f"{self.name}-{self.width}-{'dark' if self.dark else 'light'}.png"


# What changes nothing comes first: a call that was taken stands in everybody's queue.
ALL = (
    Picture("desk-queue", "operator", opened("/desk/")),
    Picture("desk-queue", "operator", opened("/desk/"), width=390, dark=True),
    Picture("desk-card", "operator", first_late_ticket, whole=True),
    Picture("desk-found", "operator", tickets_being_found),
    Picture("desk-outage", "operator", first_outage),
    Picture("desk-alarms", "supervisor", opened("/desk/alarms/")),
    Picture("portal-list", "uk", opened("/portal/"), width=390),
    Picture("portal-list", "uk", heard(opened("/portal/?tab=work")), dark=True),
    Picture("foreman-list", "foreman", opened("/portal/"), width=390),
    Picture("portal-card", "uk", first_portal_ticket, width=390),
    Picture("portal-figures", "uk", heard(opened("/reports/own/?from=2026-01-01&to=2026-12-31"))),
    Picture("portal-people", "uk", heard(opened("/portal/people/")), width=390),
    Picture("reports", "head", opened("/reports/"), whole=True),
    Picture("reports", "head", opened("/reports/"), dark=True),
    Picture("admin", "admin", opened("/admin/")),
    Picture("desk-intake", "operator", call_being_written_down, whole=True),
    Picture("desk-callback", "operator", call_being_made),
    Picture("portal-phone", "uk", shown_phone, width=390),
    Picture("desk-phones", "supervisor", opened("/desk/phones/")),
    Picture("desk-shift", "operator", shift_of_one),
    Picture("desk-wall", "supervisor", opened("/desk/wall/")),
)


def take(picture: Picture, browser: Browser, stack: LocalStack) -> None:
    context = browser.new_context(
        base_url=stack.url,
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        color_scheme="dark" if picture.dark else "light",
        locale="ru-RU",
        timezone_id="Europe/Moscow",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/login/")
    page.fill("[name=username]", picture.username)
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    picture.show(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=picture.path, full_page=picture.whole)
    context.close()


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as folder:
        # The user that PostgreSQL runs as under root has to get through.
        Path(folder).chmod(0o755)
        with LocalStack(var=Path(folder), env={"LOG_LEVEL": "WARNING"}) as stack, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for picture in ALL:
                take(picture, browser, stack)
            browser.close()


if __name__ == "__main__":
    main()
