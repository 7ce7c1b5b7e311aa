"""A foreman with a telephone: from his list to the work done, with and without a network."""

import io
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, expect

from dispatch_center.local.stack import LocalStack

from .compressing import compressed
from .conftest import SignIn, serious_faults
from .test_journeys import log_a_call

PHONE = {"width": 390, "height": 844}
# The order: the first sight of the list, everything included, with nothing kept from before.
FIRST_LOAD = 150_000
PASSWORD = "demo"
FLATS = count(11)


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[str], str]:
    """A file as a telephone makes it."""

    def taken(kind: str) -> str:
        pillow_heif.register_heif_opener()
        path = tmp_path / f"shot.{kind.lower()}"
        body = io.BytesIO()
        Image.effect_noise((1200, 900), 60).convert("RGB").save(body, kind)
        path.write_bytes(body.getvalue())
        return str(path)

    return taken


def rows(page: Page) -> list[str]:
    return [(row.get_attribute("id") or "").removeprefix("ticket-") for row in page.locator(".ticket").all()]


@pytest.fixture
def given(centre: LocalStack, sign_in: SignIn) -> str:
    """A ticket that was just registered at the desk and given to him by his dispatcher; he has not begun."""
    flat = str(next(FLATS))
    desk = sign_in(centre, "operator")
    number = log_a_call(
        desk, phone=f"8 910 700-00-{flat}", category="нет освещ", address="плех 44", flat=flat, text="Темно у двери"
    )
    dispatcher = sign_in(centre, "uk", **PHONE)
    dispatcher.goto(f"{centre.url}/portal/tickets/{number}/")
    give = dispatcher.locator("#give")
    give.locator("summary").click()
    give.locator("select").select_option(label="Виктор Громов")
    give.locator("button").click()
    expect(dispatcher.locator(".history")).to_contain_text("Дана мастеру: Виктор Громов")
    dispatcher.context.close()
    desk.context.close()
    return number


def card(centre: LocalStack, page: Page, number: str) -> None:
    page.goto(f"{centre.url}/portal/tickets/{number}/")
    expect(page.locator("h1")).to_contain_text(number)


def until(page: Page, is_so: str) -> None:
    """Ask the page over the debugging protocol: waiting within it would need an eval that our policy refuses."""
    for _turn in range(100):
        if page.evaluate(is_so):
            return
        page.wait_for_timeout(200)
    raise AssertionError(is_so)


def is_ready(page: Page) -> None:
    """The service worker is there, and the page has kept itself."""
    until(page, "navigator.serviceWorker.ready.then(() => caches.has('crew-shell'))")
    until(page, "async () => (await (await caches.open(`crew-pages-${document.body.dataset.user}`)).keys()).length > 0")
    until(page, "async () => Boolean(await (await caches.open('crew-shell')).match(document.body.dataset.offline))")


def waiting(page: Page, count: int) -> None:
    expect(page.locator("#waits")).to_contain_text(f"Ждёт связи: {count}")


def nothing_waits(page: Page) -> None:
    expect(page.locator("#waits")).to_be_hidden()


def report(page: Page, works: str, *, act: str = "", photos: list[str] | None = None) -> None:
    step = page.locator("#report_done")
    step.locator("summary").click()
    step.get_by_label("Что сделано").fill(works)
    if act:
        step.get_by_label(re.compile("Номер акта")).fill(act)
    if photos:
        step.locator("[name=photos]").set_input_files(photos)
    step.get_by_role("button", name="Работа сделана").click()


def test_the_list_goes_by_the_clock_and_is_made_for_a_thumb(centre: LocalStack, sign_in: SignIn, given: str) -> None:
    page = sign_in(centre, "foreman", **PHONE)

    due = [one.get_attribute("data-due") for one in page.locator(".ticket [data-clock]").all()]
    assert len(due) >= 2
    assert due == sorted(str(moment) for moment in due)
    for target in page.locator("main :is(.btn, .tabs a):visible").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    for name in ("Начать", "Фото до"):
        box = page.locator(f"#ticket-{given} .btn:visible:has-text('{name}')").first.bounding_box()
        assert box is not None
        assert box["height"] >= 56
        assert box["width"] >= 150


def test_the_whole_work_online(
    centre: LocalStack, sign_in: SignIn, given: str, photo: Callable[[str], str], browser_errors: list[str]
) -> None:
    page = sign_in(centre, "foreman", **PHONE)
    page.on("pageerror", lambda error: browser_errors.append(str(error)))
    number = given
    row = page.locator(f"#ticket-{number}")

    row.get_by_role("button", name="Начать").click()
    expect(row).to_contain_text("в работе")
    expect(row.get_by_role("link", name="Работа сделана")).to_be_visible()

    card(centre, page, number)
    page.set_input_files(f"#card-before-{number}", photo("HEIF"))
    expect(page.locator(".photos li")).to_have_count(1)
    expect(page.locator(".photos")).to_contain_text("До работы")
    until(page, "document.querySelector('.photos img').naturalWidth > 0")

    report(page, "Заменили лампы", act="17", photos=[photo("JPEG"), photo("PNG")])
    expect(page.locator(".ticket-marks")).to_contain_text("выполнена")
    expect(page.locator(".photos li")).to_have_count(3)
    expect(page.locator(".history")).to_contain_text("Заменили лампы (акт 17)")
    nothing_waits(page)

    desk = sign_in(centre, "operator")
    desk.goto(f"{centre.url}/desk/tickets/{number}/")
    expect(desk.locator(".photos li")).to_have_count(3)
    assert browser_errors == []


@pytest.fixture
def browser_errors() -> list[str]:
    return []


def test_the_whole_work_without_a_network(
    centre: LocalStack, sign_in: SignIn, given: str, photo: Callable[[str], str], browser_errors: list[str]
) -> None:
    page = sign_in(centre, "foreman", **PHONE)
    page.on("pageerror", lambda error: browser_errors.append(str(error)))
    number = given
    card(centre, page, number)
    page.goto(f"{centre.url}/portal/")
    is_ready(page)
    known = rows(page)

    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#offline")).to_contain_text(re.compile(r"Нет связи, показано на \d\d:\d\d"))
    assert rows(page) == known

    page.locator(f"#ticket-{number}").get_by_role("button", name="Начать").click()
    waiting(page, 1)
    expect(page.locator(f"#ticket-{number} .pending")).to_contain_text(re.compile(r"Начать работу — нажато \d\d:\d\d"))

    # The card that he has seen before opens, and knows what has been pressed.
    page.locator(f"#ticket-{number}").get_by_role("link", name="Работа сделана").click()
    expect(page.locator("h1")).to_contain_text(number)
    page.set_input_files(f"#card-before-{number}", photo("JPEG"))
    waiting(page, 2)
    page.locator("#report_done textarea").fill("Прочистили стояк")
    page.locator("#report_done [name=photos]").set_input_files(photo("WEBP"))
    page.locator("#report_done").get_by_role("button", name="Работа сделана").click()
    waiting(page, 4)

    # The browser is closed and opened again.
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(f"{centre.url}/portal/")
    waiting(page, 4)
    # A page that he has never seen says so.
    page.goto(f"{centre.url}/portal/?tab=done&page=9")
    expect(page.locator("main")).to_contain_text("вы на этом телефоне ещё не открывали")
    page.goto(f"{centre.url}/portal/")
    assert serious_faults(page) == []

    context.set_offline(False)
    nothing_waits(page)
    card(centre, page, number)
    expect(page.locator(".ticket-marks")).to_contain_text("выполнена")
    expect(page.locator(".photos li")).to_have_count(2)
    lines = page.locator(".history li").all_inner_texts()
    told = [next(word for word in ("Работа начата", "Фото до", "Фото после", "Работа сделана") if word in line)
            for line in lines[-4:]]  # fmt: skip
    assert told == ["Работа начата", "Фото до", "Фото после", "Работа сделана"]
    assert browser_errors == []


def test_a_refused_step_stays_with_its_reason_and_its_text(centre: LocalStack, sign_in: SignIn, given: str) -> None:
    page = sign_in(centre, "foreman", **PHONE)
    number = given
    page.locator(f"#ticket-{number}").get_by_role("button", name="Начать").click()
    expect(page.locator(f"#ticket-{number}")).to_contain_text("в работе")
    card(centre, page, number)
    is_ready(page)
    page.context.set_offline(True)
    report(page, "Заменили вентиль")
    waiting(page, 1)

    dispatcher = sign_in(centre, "uk", **PHONE)
    dispatcher.goto(f"{centre.url}/portal/tickets/{number}/?step=report_done")
    dispatcher.locator("#report_done [name=works]").fill("Сделал другой")
    dispatcher.locator("#report_done").get_by_role("button", name="Работа сделана").click()
    expect(dispatcher.locator(".topbar")).to_contain_text("выполнена")

    page.context.set_offline(False)
    refusal = page.locator("[data-refused] .message")
    expect(refusal).to_contain_text("Не принято: Работа сделана")
    expect(refusal).to_contain_text("заявка уже в другом состоянии")
    expect(refusal).to_contain_text("Заменили вентиль")
    nothing_waits(page)
    assert serious_faults(page) == []
    # It outlives the page, until it is mended or put away by hand.
    page.goto(f"{centre.url}/portal/")
    refusal = page.locator("[data-refused] .message")
    expect(refusal).to_contain_text("Заменили вентиль")
    refusal.get_by_role("button", name="Убрать").click()
    expect(refusal).to_have_count(0)


def enter(page: Page, username: str) -> None:
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/portal/**")


def test_a_session_that_ended_keeps_the_queue(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "foreman", **PHONE)
    number = rows(page)[0]
    card(centre, page, number)
    is_ready(page)
    page.context.set_offline(True)
    note(page, "Ключ у соседки из пятой")
    waiting(page, 1)
    session = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    assert session
    page.context.set_offline(False)

    # Either its own page asks him, or the page that he opens.
    page.wait_for_url("**/login/**")
    enter(page, "foreman")
    nothing_waits(page)
    card(centre, page, number)
    expect(page.locator(".history")).to_contain_text("Ключ у соседки из пятой")


def note(page: Page, text: str) -> None:
    step = page.locator("#comment")
    step.locator("summary").click()
    step.locator("textarea").fill(text)
    step.get_by_role("button", name="Добавить запись").click()


def test_another_person_on_the_same_telephone(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "foreman", **PHONE)
    number = rows(page)[0]
    card(centre, page, number)
    is_ready(page)
    page.context.set_offline(True)
    note(page, "Только моя запись")
    waiting(page, 1)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", leave)
    page.context.route("**/portal/queue/**", lambda route: route.abort())
    page.context.set_offline(False)
    page.locator(".crew-menu summary").click()
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_url("**/login/**")
    assert "Не отправлено: 1" in asked[0]
    assert kept_pages(page) == 0
    page.context.unroute("**/portal/queue/**")

    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    enter(page, "foreman2")
    is_ready(page)
    nothing_waits(page)
    assert not [url for url in sent if "/portal/queue/" in url]
    page.context.set_offline(True)
    page.goto(f"{centre.url}/portal/tickets/{number}/")
    expect(page.locator("main")).to_contain_text("ещё не открывали")
    page.context.set_offline(False)

    page.goto(f"{centre.url}/portal/")
    page.locator(".crew-menu summary").click()
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_url("**/login/**")
    enter(page, "foreman")
    nothing_waits(page)
    card(centre, page, number)
    expect(page.locator(".history")).to_contain_text("Только моя запись")


def kept_pages(page: Page) -> int:
    found: int = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).filter((name) => name.startsWith('crew-pages'))"
        ".map(async (name) => (await (await caches.open(name)).keys()).length))).reduce((sum, one) => sum + one, 0)"
    )
    return found


def test_the_first_load_is_light(centre: LocalStack, sign_in: SignIn) -> None:
    """Every byte that comes over the wire to an empty browser, with what the page keeps for a time without network."""
    page = sign_in(centre, "foreman", **PHONE)
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    assert page.context.browser is not None
    fresh = page.context.browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    try:
        with compressed(centre.url) as url:
            fresh.add_cookies(cookies)  # type: ignore[arg-type]
            seen = fresh.new_page()
            wire = fresh.new_cdp_session(seen)
            wire.send("Network.enable")
            bytes_of: dict[str, float] = {}
            wire.on("Network.loadingFinished", lambda event: weigh(bytes_of, event))
            seen.goto(f"{url}/portal/")
            is_ready(seen)
            seen.wait_for_timeout(1500)
            assert seen.locator(".ticket").count() >= 3
            total = sum(bytes_of.values())
            assert 20_000 < total <= FIRST_LOAD, f"{total:.0f} bytes in {len(bytes_of)} answers"
    finally:
        fresh.close()


def weigh(bytes_of: dict[str, float], event: dict[str, Any]) -> None:
    bytes_of[event["requestId"]] = event["encodedDataLength"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_serious_is_in_the_way(centre: LocalStack, sign_in: SignIn, dark: bool) -> None:
    page = sign_in(centre, "foreman", dark=dark, **PHONE)
    for address in ("/portal/", "/portal/?tab=done", "/portal/offline/"):
        page.goto(f"{centre.url}{address}")
        assert serious_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.goto(f"{centre.url}/portal/")
    page.locator(".ticket-problem a").first.click()
    for step in page.locator("details.step:visible").all():
        step.locator("summary").click()
    page.locator(".crew-menu summary").click()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
