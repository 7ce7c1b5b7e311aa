"""The shift in a real browser: on the line, the forecast, handing over, the wall, corrections, keys, paper."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults

SHIFT_PAGES = ("/desk/shift/", "/desk/handovers/", "/desk/roster/", "/desk/keys/", "/desk/wall/")


def go_on_line(page: Page, stack: LocalStack) -> None:
    page.goto(f"{stack.url}/desk/")
    page.locator("#line .line-switch").wait_for()
    if page.locator("#line .line-switch[data-on]").count() == 0:
        page.keyboard.press("Pause")
    page.locator("#line .line-switch[data-on]").wait_for()


def open_card(page: Page, stack: LocalStack) -> str:
    """The newest ticket of the list; its address."""
    page.goto(f"{stack.url}/desk/tickets/")
    href = page.locator('main a[href^="/desk/tickets/2"]').first.get_attribute("href")
    assert href
    page.goto(f"{stack.url}{href}")
    return page.url


def test_a_shift_from_the_line_to_the_handing_over(centre: LocalStack, sign_in: SignIn) -> None:
    olga, anna = sign_in(centre, "operator"), sign_in(centre, "supervisor")
    go_on_line(olga, centre)
    expect(olga.locator("#shift-strip")).to_contain_text("на линии")
    expect(olga.locator("#shift-strip")).to_contain_text("сроки под присмотром")

    anna.goto(f"{centre.url}/desk/shift/")
    name = olga.locator(".side-user span").inner_text().split("\n")[0]
    expect(anna.locator("#shift")).to_contain_text(name)
    expect(anna.locator(".forecast")).to_have_text(re.compile("сорвём|Успеваем"))

    # She takes a call and leaves: it goes back, and her word stays.
    olga.goto(f"{centre.url}/desk/")
    olga.keyboard.press("F4")
    olga.wait_for_url("**/desk/callbacks/**")
    olga.goto(f"{centre.url}/desk/")
    olga.locator("#line .line-switch[data-on]").wait_for()
    olga.keyboard.press("Pause")
    olga.wait_for_url("**/desk/line/leave/")
    expect(olga.locator("main")).to_contain_text("Вернётся в очередь на своё место")
    assert serious_faults(olga) == []
    olga.locator("[name=note]").press_sequentially("Ключ от подвала у старшей по дому")
    olga.keyboard.press("F9")
    olga.wait_for_url("**/desk/")
    expect(olga.locator("#line")).to_contain_text("Не на линии")

    # Without a reload: the others are told.
    expect(anna.locator("#shift")).to_contain_text("Ключ от подвала")
    expect(anna.locator("#line")).to_contain_text("Передано со смены")
    anna.locator(".handover", has_text="Ключ от подвала").get_by_role("button").click()
    expect(anna.locator("#shift")).not_to_contain_text("Ключ от подвала")
    anna.goto(f"{centre.url}/desk/handovers/")
    expect(anna.locator("main")).to_contain_text("Ключ от подвала")


def test_a_supervisor_takes_somebody_off_the_line(centre: LocalStack, sign_in: SignIn) -> None:
    other, anna = sign_in(centre, "operator2"), sign_in(centre, "supervisor")
    go_on_line(other, centre)
    anna.goto(f"{centre.url}/desk/roster/")
    anna.locator("summary", has_text="Снять с линии").first.click()
    anna.locator("button", has_text="Снять с линии:").first.click()
    anna.wait_for_url("**/desk/shift/")

    expect(other.locator("#line")).to_contain_text("Не на линии")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
def test_the_wall_fits_and_says_when_it_is_blind(centre: LocalStack, sign_in: SignIn, width: int, height: int) -> None:
    wall = sign_in(centre, "supervisor", width=width, height=height)
    wall.goto(f"{centre.url}/desk/wall/")
    numbers = wall.locator(".wall-number b")
    assert numbers.count() == 5
    wall.locator(".wall-worst .clock-length").first.wait_for()
    # A twentieth of the height at the least for what is read from eight metres.
    sizes = wall.evaluate(
        "[...document.querySelectorAll('.wall-number b, .wall-worst .clock-length')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize) / innerHeight)"
    )
    assert min(sizes) >= 0.05
    fits = "[document.documentElement.scrollHeight <= innerHeight, document.documentElement.scrollWidth <= innerWidth]"
    assert wall.evaluate(fits) == [True, True]
    inside = (
        "[...document.querySelectorAll('.wall-number, .wall-worst li, .wall-foot')]"
        ".every(one => one.getBoundingClientRect().bottom <= innerHeight && one.scrollWidth <= one.clientWidth + 1)"
    )
    assert wall.evaluate(inside)
    assert serious_faults(wall) == []

    wall.context.set_offline(True)
    wall.locator("#connection[data-state=lost]").wait_for()
    wall.context.set_offline(False)
    wall.locator("#connection[data-state=found]").wait_for()
    # Its sign-in is over: no window to sign in, a line that says so, and what it knew.
    wall.context.clear_cookies(name="sessionid")
    expect(wall.locator(".wall-ended")).to_be_visible()
    assert wall.locator("dialog[open]").count() == 0


def test_the_wall_has_room_for_the_worst_day(centre: LocalStack, sign_in: SignIn) -> None:
    for width, height in ((1920, 1080), (1440, 900), (1024, 768)):
        wall = sign_in(centre, "supervisor", width=width, height=height)
        wall.goto(f"{centre.url}/desk/wall/")
        wall.locator(".wall-worst .clock-length").first.wait_for()
        # Four digits, a whole hundred, and a clock of many hours.
        crossed = wall.evaluate(
            """() => {
                const [first, last] = [0, 4].map(number => document.querySelectorAll(".wall-number b")[number]);
                [first.textContent, last.textContent] = ["1048", "100%"];
                const worst = document.querySelector(".wall-worst li"), length = worst.querySelector(".clock-length");
                length.textContent = "23 ч 59 мин";
                const box = one => one.getBoundingClientRect();
                return [first, last].map(one => box(one).width > box(one.parentElement).width)
                    .concat(box(length).right > box(worst.querySelector("p")).left);
            }"""
        )
        assert crossed == [False, False, False], width


def test_a_wrong_number_is_corrected_by_keys(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "operator")
    card = open_card(page, centre)
    page.goto(f"{card}phone/")
    assert serious_faults(page) == []
    page.keyboard.type("8 910 555 44 33")
    page.keyboard.press("Enter")
    page.keyboard.type("ошибка в цифре")
    page.keyboard.press("F9")
    page.wait_for_url(card)

    expect(page.locator(".facts")).to_contain_text("8 (910) 555-44-33")
    expect(page.locator(".history")).to_contain_text("исправлен номер: был")

    page.goto(f"{card}address/")
    assert serious_faults(page) == []
    page.fill("[name=street]", "Дальняя")
    page.fill("[name=house]", "1")
    page.fill("[name=reason]", "ослышались")
    page.keyboard.press("F9")
    page.wait_for_url(card)
    expect(page.locator(".history")).to_contain_text("исправлен адрес")
    expect(page.locator(".messages")).to_contain_text("нет в реестре")


def test_help_names_the_keys_of_the_page_and_of_every_page(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "operator")
    page.goto(f"{centre.url}/desk/")
    page.locator("#line .line-switch").wait_for()
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#help[open] #help-page-keys")).to_contain_text("Следующий звонок")
    expect(page.locator("#help[open] #help-keys")).to_contain_text("Pause")
    assert serious_faults(page) == []
    page.keyboard.press("Escape")

    # While somebody types it is a question mark.
    page.goto(f"{centre.url}/desk/new/")
    page.locator("#id_phone").focus()
    page.keyboard.press("Shift+Slash")
    assert page.locator("#help[open]").count() == 0


def test_what_a_person_chose_is_his_on_a_shared_computer(centre: LocalStack, sign_in: SignIn) -> None:
    page = sign_in(centre, "operator")
    page.goto(f"{centre.url}/profile/")
    page.locator("[data-theme-set=dark]").click()
    page.locator("[data-size-set=large]").click()
    page.locator("[data-sound-set=off]").click()
    page.reload()
    chosen = "[...['bsTheme', 'size', 'sound']].map(name => document.documentElement.dataset[name])"
    assert page.evaluate(chosen) == ["dark", "large", "off"]
    page.locator("[data-sound-test]:visible").first.click()

    # The next one at the same computer makes it light again; the first one finds his own when he is back.
    def enter(name: str) -> None:
        page.context.clear_cookies()
        page.goto(f"{centre.url}/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", "demo")
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)

    enter("operator2")
    page.goto(f"{centre.url}/profile/")
    page.locator("[data-theme-set=light]").click()
    page.locator("[data-sound-set=on]").click()
    enter("operator")
    assert page.evaluate(chosen) == ["dark", "large", "off"]


def test_paper_is_black_on_white_and_holds_its_text(centre: LocalStack, sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in(centre, "operator", dark=True)
    card = open_card(page, centre)
    number = card.rstrip("/").rsplit("/", 1)[-1]
    for name, title in (("order", "Наряд-заказ"), ("journal", "Журнал учёта")):
        page.goto(f"{card}{name}/")
        expect(page.locator("h1")).to_contain_text(f"{title}")
        expect(page.locator("h1")).to_contain_text(number)
        assert serious_faults(page) == []
        look = "(place) => getComputedStyle(document.querySelector(place))"
        assert page.evaluate(f"({look})('.paper').backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(f"({look})('.paper td').color") == "rgb(0, 0, 0)"
        printed = page.pdf(path=tmp_path / f"{name}.pdf", prefer_css_page_size=True)
        # A4 in points, and text rather than a picture of it.
        assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed
        assert b"/Font" in printed
        assert b"/ToUnicode" in printed


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_use_it(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "supervisor", width=width, dark=dark)
    for address in SHIFT_PAGES:
        page.goto(f"{centre.url}{address}")
        page.wait_for_timeout(500)
        assert serious_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
