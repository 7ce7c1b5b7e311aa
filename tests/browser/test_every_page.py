"""Every page of every face, in light and dark, wide and on a telephone: nothing serious, nothing to scroll aside.

The pages come from the resolver: a route that is neither among PAGES nor among those that draw no page of their own
fails here. The admin's come from its register.
"""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse
from playwright.sync_api import Page

from dispatch_center.local.stack import LocalStack
from tests.admin_pages import page as admin_page
from tests.admin_pages import registered
from tests.test_access import routes

from .conftest import SignIn, serious_faults
from .test_shift import go_on_line

WIDTHS = (1440, 390)
WORN_OUT = {"uidb64": "MQ", "token": "worn-out"}
Way = Callable[[Page, LocalStack], str]


def plain(route: str, **kwargs: object) -> Way:
    return lambda page, stack: reverse(route, kwargs=kwargs)


def followed(listed: str, link: str, tail: str = "") -> Way:
    """The address of the first ``link`` of a list, with ``tail`` behind it."""

    def find(page: Page, stack: LocalStack) -> str:
        page.goto(f"{stack.url}{listed}")
        return (page.locator(link).first.get_attribute("href") or "") + tail

    return find


def card(tail: str = "") -> Way:
    return followed("/desk/tickets/", ".row-link", tail)


def at_work(tail: str = "") -> Way:
    return followed("/portal/?tab=work", ".ticket-problem a", tail)


def promise(route: str) -> Way:
    def find(page: Page, stack: LocalStack) -> str:
        page.goto(f"{stack.url}/desk/")
        name = page.locator(".queue-row").first.get_attribute("id") or ""
        return reverse(route, kwargs={"pk": name.rsplit("-", 1)[1]})

    return find


def house(page: Page, stack: LocalStack) -> str:
    """From a ticket to whoever serves its house."""
    page.goto(f"{stack.url}{card()(page, stack)}")
    return page.locator("a[href^='/register/houses/']").first.get_attribute("href") or ""


def leaving(page: Page, stack: LocalStack) -> str:
    go_on_line(page, stack)
    return reverse("desk:leave_line")


# Who looks → the pages that he has, each with the way to it. Nobody is signed in where no name stands.
PAGES: dict[str, dict[str, Way]] = {
    "": {
        "login": plain("login"),
        "password_reset": plain("password_reset"),
        "password_reset_done": plain("password_reset_done"),
        "password_reset_confirm": plain("password_reset_confirm", **WORN_OUT),
        "invitation": plain("invitation", **WORN_OUT),
        "not found": lambda page, stack: "/no-such-page/",
    },
    "supervisor": {
        "profile": plain("profile"),
        "password_change": plain("password_change"),
        "desk:queue": plain("desk:queue"),
        "desk:intake": plain("desk:intake"),
        "desk:paper": plain("desk:paper"),
        "desk:unfinished": plain("desk:unfinished"),
        "desk:missed": plain("desk:missed"),
        "desk:tickets": plain("desk:tickets"),
        "desk:card": card(),
        "desk:registered": card("registered/"),
        "desk:correct_phone": card("phone/"),
        "desk:correct_address": card("address/"),
        "desk:order": card("order/"),
        "desk:journal": card("journal/"),
        "desk:callback": promise("desk:callback"),
        "desk:recorded": promise("desk:recorded"),
        "desk:outages": plain("desk:outages"),
        "desk:outage_calendar": plain("desk:outage_calendar"),
        "desk:outage_new": plain("desk:outage_new"),
        "desk:outage": followed("/desk/outages/", ".outage-row a"),
        "desk:alarms": plain("desk:alarms"),
        "desk:watch": plain("desk:watch"),
        "desk:unknown_houses": plain("desk:unknown_houses"),
        "desk:roster": plain("desk:roster"),
        "desk:shift": plain("desk:shift"),
        "desk:handovers": plain("desk:handovers"),
        "desk:wall": plain("desk:wall"),
        "desk:keys": plain("desk:keys"),
        "desk:notes": plain("desk:notes"),
        "desk:phones": plain("desk:phones"),
        "register:house": house,
        "register:gaps": plain("register:gaps"),
        "reports:overview": plain("reports:overview"),
        "reports:report": plain("reports:report", name="promise"),
        "reports:staffing": plain("reports:staffing"),
        "reports:tickets": followed("/reports/", "main a[href*='cell=']"),
        "reports:journal": plain("reports:journal"),
        "reports:files": plain("reports:files"),
        "reports:orders": plain("reports:orders"),
        "reports:company": followed("/reports/", "main a[href*='/companies/']"),
        "reports:weeklies": plain("reports:weeklies"),
        "reports:weekly": followed("/reports/weekly/", "main a[href*='/weekly/']"),
    },
    "operator2": {"desk:leave_line": leaving},
    "admin": {"register:bind": plain("register:bind")},
    "uk": {
        "portal:list": plain("portal:list"),
        "portal:card": at_work(),
        "portal:order": at_work("order/"),
        "portal:act": at_work("act/"),
        "portal:people": plain("portal:people"),
        "portal:offline": plain("portal:offline"),
        "programs:overview": plain("programs:overview"),
        "reports:own": plain("reports:own"),
        "reports:own-tickets": followed("/reports/own/", "main a[href*='cell=']"),
    },
}
# Parts of a page, answers to a press of a button, files, and what programs ask: each ends on a page that is looked at.
# «api:docs» is a ready-made page for programmers, drawn by somebody else; «programs:webhook» is looked over where one
# is made (test_programs).
NO_PAGES = {
    "api:buildings", "api:callback-attempts", "api:callback-next", "api:callback-release", "api:callbacks",
    "api:categories", "api:companies", "api:docs", "api:missed-calls", "api:nothing", "api:outages", "api:schema",
    "api:ticket", "api:ticket-photos", "api:ticket-search", "api:ticket-step", "api:ticket-steps", "api:tickets",
    "desk:acknowledge",
    "desk:acknowledge_chosen", "desk:another_round", "desk:board", "desk:buildings", "desk:categories",
    "desk:claim", "desk:columns", "desk:columns-choose", "desk:coming", "desk:conditions", "desk:count",
    "desk:counts", "desk:dial", "desk:draft", "desk:draft-drop", "desk:finish", "desk:go_on_line", "desk:guide",
    "desk:hint", "desk:holder", "desk:hunch_dismiss", "desk:known", "desk:later", "desk:line", "desk:next",
    "desk:notes_read", "desk:notice", "desk:outage_act", "desk:outage_houses", "desk:outage_join",
    "desk:outage_leave", "desk:phone_decide", "desk:phone_lift", "desk:photo", "desk:read_handover", "desk:release",
    "desk:renew", "desk:say", "desk:settle", "desk:step", "desk:strip", "desk:take_off_line", "desk:ticket-file",
    "desk:unfinished-end", "desk:view", "desk:view-delete", "desk:view-rename", "desk:view-save", "desk:waive",
    "desk:watch-check", "events", "health-banner", "healthz", "home", "livez", "logout", "metrics", "portal:answer",
    "portal:give", "portal:letters", "portal:person", "portal:person-act", "portal:person-invite", "portal:phone",
    "portal:phone-ask", "portal:photo", "portal:photos", "portal:queue", "portal:screen", "portal:search",
    "portal:sent_photo", "portal:sent_step", "portal:step", "portal:worker", "programs:act", "programs:add",
    "programs:make-token", "programs:notice", "programs:replay", "programs:revoke", "programs:webhook",
    "reports-api:report", "reports:csv", "reports:file", "reports:file-cancel", "reports:order", "reports:staffing-csv",
    "reports:tickets-csv", "reports:weekly-correct", "reports:weekly-pdf", "reports:weekly-sign",
}  # fmt: skip
LOOKED_AT = {route for pages in PAGES.values() for route in pages} - {"not found"}


def look_over(page: Page, name: str, *, dark: bool) -> None:
    """Laid out in both widths; looked over by axe in the light on the wide screen, in the dark on the telephone."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        if dark == (width == WIDTHS[1]):
            assert serious_faults(page) == [], (name, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)


def visitor(stack: LocalStack, sign_in: SignIn, name: str, *, dark: bool) -> Page:
    page = sign_in(stack, name or "supervisor", dark=dark)
    if not name:
        page.context.clear_cookies()
    return page


def test_every_route_is_looked_at_or_draws_no_page() -> None:
    known = set(routes(get_resolver(settings.ROOT_URLCONF)))
    assert known - LOOKED_AT == NO_PAGES
    assert known >= LOOKED_AT


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "nobody")
def test_every_page_is_for_everybody(centre: LocalStack, sign_in: SignIn, name: str, dark: bool) -> None:
    page = visitor(centre, sign_in, name, dark=dark)
    for route, way in PAGES[name].items():
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        address = way(page, centre)
        answer = page.goto(f"{centre.url}{address}")
        assert answer is not None
        # What leads elsewhere was not looked at.
        assert page.url.startswith(f"{centre.url}{address.split('?')[0]}"), route
        assert answer.status == (404 if route == "not found" else 200), route
        look_over(page, route, dark=dark)
    if name == "operator2":
        page.keyboard.press("F9")
        page.wait_for_url("**/desk/")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_of_the_registers_is_for_everybody(centre: LocalStack, sign_in: SignIn, dark: bool) -> None:
    page = visitor(centre, sign_in, "admin", dark=dark)
    for name, model in registered().items():
        listed = page.goto(f"{centre.url}{admin_page(model, 'changelist')}")
        assert listed is not None
        assert listed.status == 200, name
        look_over(page, f"{name}: list", dark=dark)
        row = page.locator("#result_list tbody th a").first
        shown = row.get_attribute("href") if row.count() else None
        for address in filter(None, (shown, admin_page(model, "add"))):
            page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            answer = page.goto(f"{centre.url}{address}")
            # Some registers are written by the centre alone.
            if answer is not None and answer.status == 200:
                look_over(page, f"{name}: {address}", dark=dark)
