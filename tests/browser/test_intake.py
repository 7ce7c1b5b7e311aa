"""Writing a call down at the speed of speech: keys alone, what stands beside the form, drafts that outlive it all."""

import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults
from .intake_steps import choose, count_of, fresh, in_the_centre, saved_number, tell

# What the operator may wait for the system in one call, all in all.
PATIENCE_S = 2.0
MOST_KEYS = 60
# An accident in the heating at one house of the demonstration's register.
OUTAGE = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from companies.models import Building, Service
from tickets.models import Outage, OutageBuilding
at = timezone.now()
house = Building.objects.get(street__contains="Плеханова", house="44")
outage = Outage.objects.create(
    kind="emergency", where="ул. Плеханова, 40–50", starts_at=at - timedelta(hours=1), text="Порыв на теплотрассе.",
    ends_at=at + timedelta(hours=3), announced_by=User.objects.get(username="operator"), announced_at=at,
)
outage.services.set(Service.objects.filter(code__in=["heating", "hot_water"]))
OutageBuilding.objects.create(outage=outage, building=house)
"""


class Keys:
    """A keyboard that counts what is pressed, and the time that the system made its operator wait."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed, self.waited = page, 0, 0.0

    def press(self, key: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(key)

    def type(self, text: str, *, is_free: bool = False) -> None:
        """``is_free``: the story itself, which nobody can shorten."""
        self.page.keyboard.type(text, delay=60)
        self.pressed += 0 if is_free else len(text)

    def wait(self, locator: str, *, text: str = "") -> None:
        """Until the system has caught up: this is what is counted as waiting."""
        since = time.monotonic()
        found = self.page.locator(locator).first
        expect(found).to_be_visible()
        if text:
            expect(found).to_contain_text(text)
        self.waited += time.monotonic() - since

    def wait_focus(self, locator: str) -> None:
        since = time.monotonic()
        expect(self.page.locator(locator)).to_be_focused()
        self.waited += time.monotonic() - since


@pytest.fixture
def desk(centre: LocalStack, sign_in: SignIn) -> Iterator[Page]:
    page = sign_in(centre, "operator")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect(page.locator("h1")).to_have_text("Обратные звонки")
    yield page
    assert complaints == []


# ── Speed ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_typical_call_in_sixty_keys_and_two_seconds(desk: Page) -> None:
    keys = Keys(desk)
    keys.press("F2")
    keys.wait_focus("#id_phone")
    keys.type("9105001001")
    keys.press("Enter")
    keys.wait_focus("#id_category_text")
    keys.type("осв")
    keys.wait("#category-options [role=option]")
    keys.press("Enter")
    keys.wait_focus("#id_scope_0")
    keys.press("3")
    keys.wait_focus("#id_address")
    keys.type("плех 44 61")
    keys.wait("#address-options [role=option]")
    keys.press("Enter")
    keys.wait_focus("#id_flat")
    for _field in ("подъезд", "этаж", "описание"):
        keys.press("Enter")
    keys.wait_focus("#id_text")
    keys.type("Темно на лестнице с четвёртого по шестой", is_free=True)
    keys.wait("#guide", text="Кому передать")
    keys.press("F9")
    keys.wait(".dictate-number", text="Перезвоним до")

    sys.stdout.write(f"\nintake: {keys.pressed} keys beyond the free text, {keys.waited:.2f} s of waiting\n")
    assert keys.pressed <= MOST_KEYS
    assert keys.waited <= PATIENCE_S
    # The next call is one key away.
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_phone")).to_have_value("")
    expect(desk.locator("#id_phone")).to_be_focused()


def press_as(cdp: CDPSession, code: str, key: str, number: int) -> None:
    """A real key press as the Russian layout gives it: the place of the key, and its letter there."""
    told = {"code": code, "key": key, "windowsVirtualKeyCode": number, "nativeVirtualKeyCode": number}
    text = {"text": key} if len(key) == 1 else {}
    cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", **told, **text})
    cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})


def test_the_keys_are_the_same_in_the_russian_layout(desk: Page, centre: LocalStack) -> None:
    cdp = desk.context.new_cdp_session(desk)
    press_as(cdp, "F2", "F2", 113)
    expect(desk.locator("#id_phone")).to_be_focused()
    tell(desk, phone="9105001002", problem="осв", address="плех 44 7", text="Темно")
    # Digits stand above the letters in both layouts; «+» and «ё» do not tell them apart, their places do.
    desk.locator("#id_scope_0").focus()
    press_as(cdp, "Digit4", ";", 52)
    expect(desk.locator("#id_scope_3")).to_be_checked()
    expect(desk.locator("#id_address")).to_be_focused()
    press_as(cdp, "F9", "F9", 120)
    saved_number(desk)


def test_a_problem_typed_in_the_wrong_layout_and_enter_before_the_list(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.locator("#id_category_text").focus()
    desk.keyboard.type("осв")
    desk.keyboard.press("Enter")
    # The key waited for the list of these very letters.
    expect(desk.locator("#id_category")).not_to_have_value("")
    expect(desk.locator("#scope :focus")).to_have_count(1)


# ── Beside the form ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_known_outage_is_linked_in_two_keys(centre: LocalStack, sign_in: SignIn, dark: bool) -> None:
    page = sign_in(centre, "operator", dark=dark)
    if not count_of(centre, "Outage.objects.filter(text='Порыв на теплотрассе.')"):
        in_the_centre(centre, OUTAGE)
    fresh(page, centre)
    tell(page, phone=f"910500400{int(dark)}", problem="нет отопл", address=f"плех 44 2{int(dark)}")
    expect(page.locator(".offer")).to_contain_text("Порыв на теплотрассе.")
    assert serious_faults(page) == []
    page.keyboard.press("F8")
    expect(page.locator("#id_outage")).to_be_checked()
    page.keyboard.press("F9")
    saved_number(page)
    expect(page.locator("main")).to_contain_text("Об отключении сказано сразу")
    assert serious_faults(page) == []


def test_a_repeat_is_added_to_the_open_ticket(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    tell(desk, phone="9105005001", problem="осв", address="плех 44 31", text="Темно у двери")
    desk.keyboard.press("F9")
    number = saved_number(desk)
    before = count_of(centre, "Ticket.objects")

    fresh(desk, centre)
    desk.keyboard.type("9105005001")
    # The caller and his address are one key away.
    expect(desk.locator(".person").first).to_contain_text("Плеханова, 44")
    desk.keyboard.press("F6")
    expect(desk.locator("#id_flat")).to_have_value("31")
    choose(desk, "#id_category_text", "осв")
    expect(desk.locator(".offer")).to_contain_text(number)
    desk.keyboard.press("F8")
    expect(desk.locator("#id_add_to")).to_be_checked()
    desk.keyboard.press("F9")
    expect(desk.locator(".dictate-number")).to_contain_text(f"Добавлено к заявке {number}")
    assert count_of(centre, "Ticket.objects") == before


def test_an_enquiry_and_a_wrong_number_are_one_key_each(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.keyboard.type("9105006001")
    desk.locator("#id_text").fill("Сказала часы приёма")
    desk.keyboard.press("F7")
    expect(desk.locator("#messages")).to_contain_text("Ответ записан")
    expect(desk.locator("#id_phone")).to_be_focused()
    desk.keyboard.press("F10")
    expect(desk.locator("#messages")).to_contain_text("ошиблись номером")


def test_an_unknown_house_is_taken_as_typed(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.locator("#id_phone").fill("9105007001")
    choose(desk, "#id_category_text", "осв")
    desk.locator("#id_address").focus()
    desk.keyboard.type("небывалая 305 12")
    expect(desk.locator("[data-typed][role=option]").first).to_be_visible()
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("Enter")
    expect(desk.locator("#address-state")).to_contain_text("Дома нет в реестре, отмечен для реестра")
    expect(desk.locator("#id_flat")).to_have_value("12")
    desk.locator("#id_text").fill("Темно")
    desk.keyboard.press("F9")
    saved_number(desk)
    expect(desk.locator("main")).to_contain_text("небывалая, 305, кв. 12")
    expect(desk.locator("main")).to_contain_text("дома нет в реестре")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_danger_is_handed_over_before_the_rest(centre: LocalStack, sign_in: SignIn, dark: bool) -> None:
    page = sign_in(centre, "operator", dark=dark)
    fresh(page, centre)
    page.keyboard.type(f"910500800{int(dark)}")
    page.keyboard.press("Enter")
    page.keyboard.type("запах", delay=40)
    expect(page.locator("#category-options [data-danger]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#id_handed_over")).to_be_focused()
    expect(page.locator(".danger-script")).to_contain_text("Не включайте")
    assert serious_faults(page) == []
    page.keyboard.press("Enter")
    page.keyboard.type("дежурный Сидоров")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    # Back to the order of speech.
    expect(page.locator("#id_scope_0")).to_be_focused()
    choose(page, "#id_address", f"плех 44 5{int(dark)}")
    page.locator("#id_text").fill("Пахнет на кухне")
    page.keyboard.press("F9")
    number = saved_number(page)
    page.goto(f"{centre.url}/desk/tickets/{number}/")
    expect(page.locator("main")).to_contain_text("Передано в 104/112, принял: дежурный Сидоров")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit_and_are_readable(centre: LocalStack, sign_in: SignIn, width: int, dark: bool) -> None:
    page = sign_in(centre, "supervisor", width=width, dark=dark)
    for path in ("/desk/new/?fresh", "/desk/new/paper/", "/desk/unfinished/"):
        page.goto(f"{centre.url}{path}")
        assert serious_faults(page) == [], path
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
        # A key that is printed on a button stands in it, with all of its name.
        cramped = page.locator(".intake-end kbd").evaluate_all(
            "keys => keys.filter((key) => key.checkVisibility() && key.scrollWidth > key.clientWidth).length"
        )
        assert cramped == 0, path
