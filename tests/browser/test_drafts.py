"""What is typed and not saved outlives everything; talks that ended as nothing are found; sheets of paper."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults
from .intake_steps import count_of, fresh, in_the_centre, kept, saved_number, tell

LEAVE_LONG_AGO = """
from datetime import timedelta
from tickets.models import IntakeDraft
from django.db.models import F
IntakeDraft.objects.update(touched_at=F("touched_at") - timedelta(minutes=20))
"""


@pytest.fixture
def desk(centre: LocalStack, sign_in: SignIn) -> Iterator[Page]:
    page = sign_in(centre, "operator")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect(page.locator("h1")).to_have_text("Обратные звонки")
    yield page
    assert complaints == []


# ── Drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_outlives_a_reload_and_is_thrown_away(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.keyboard.type("9105002001")
    desk.locator("#id_text").focus()
    desk.keyboard.type("Капает с потолка")
    kept(desk)
    desk.goto(f"{centre.url}/desk/new/")
    expect(desk.locator(".draft-note")).to_contain_text("Восстановлен черновик от сегодня")
    expect(desk.locator("#id_phone")).to_have_value("9105002001")
    expect(desk.locator("#id_text")).to_have_value("Капает с потолка")
    assert serious_faults(desk) == []
    desk.get_by_role("button", name="выбросить").click()
    expect(desk.locator("#id_text")).to_have_value("")
    desk.goto(f"{centre.url}/desk/new/")
    expect(desk.locator("#id_text")).to_have_value("")


def test_a_slip_keeps_what_was_typed_and_leads_to_its_field(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.keyboard.type("двенадцать")
    desk.locator("#id_text").fill("Течёт с потолка")
    desk.keyboard.press("F9")
    expect(desk.locator("#intake")).to_contain_text("Не похоже на номер")
    expect(desk.locator("#id_phone")).to_be_focused()
    expect(desk.locator("#id_text")).to_have_value("Течёт с потолка")
    desk.goto(f"{centre.url}/desk/new/")
    expect(desk.locator("#id_phone")).to_have_value("двенадцать")
    desk.get_by_role("button", name="выбросить").click()


def test_a_draft_outlives_a_crash_and_another_machine(desk: Page, centre: LocalStack, sign_in: SignIn) -> None:
    fresh(desk, centre)
    desk.keyboard.type("9105002002")
    desk.locator("#id_text").focus()
    desk.keyboard.type("Искрит щиток")
    kept(desk)
    # Gone without a word: no unload, no beacon.
    desk.context.set_offline(True)
    desk.close(run_before_unload=False)

    other = sign_in(centre, "operator")
    other.keyboard.press("F2")
    expect(other.locator("#id_text")).to_have_value("Искрит щиток")
    # What is typed next may be of another caller: it goes nowhere before a word is said.
    other.keyboard.type("56")
    expect(other.locator("#id_phone")).to_have_value("9105002002")
    other.keyboard.press("Enter")
    expect(other.locator("#id_text")).to_be_focused()
    other.get_by_role("button", name="выбросить").click()


def test_a_draft_outlives_signing_out(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.keyboard.type("9105002003")
    desk.locator("#id_text").focus()
    desk.keyboard.type("Не закрывается дверь")
    desk.locator("button[title=Выйти]").click()
    desk.wait_for_url("**/login/**")
    desk.fill("[name=username]", "operator")
    desk.fill("[name=password]", "demo")
    desk.press("[name=password]", "Enter")
    desk.wait_for_url(lambda url: "/login/" not in url)
    desk.keyboard.press("F2")
    expect(desk.locator("#id_text")).to_have_value("Не закрывается дверь")
    desk.get_by_role("button", name="выбросить").click()


def test_what_was_typed_without_a_connection_comes_to_the_server_later(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.context.set_offline(True)
    desk.keyboard.type("9105002004")
    desk.locator("#id_text").focus()
    desk.keyboard.type("Нет воды на кухне")
    expect(desk.locator("#connection")).to_contain_text("Связь пропала. Текст сохранён")
    with desk.expect_response(re.compile("/desk/new/draft/")):
        desk.context.set_offline(False)
    desk.goto(f"{centre.url}/desk/new/")
    expect(desk.locator("#id_text")).to_have_value("Нет воды на кухне")
    desk.get_by_role("button", name="выбросить").click()


def test_a_double_enter_makes_one_ticket(desk: Page, centre: LocalStack) -> None:
    before = count_of(centre, "Ticket.objects")
    fresh(desk, centre)
    tell(desk, phone="9105003001", problem="осв", address="плех 44 9", text="Темно в лифте")
    told = desk.evaluate("Array.from(new FormData(document.getElementById('intake')))")
    desk.locator("button.save").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    number = saved_number(desk)
    # And the same form once more, as a slow network would repeat it.
    again = desk.evaluate(
        "async (told) => (await fetch('/desk/new/', {method: 'POST', body: new URLSearchParams(told)})).url", told
    )
    assert f"/tickets/{number}/registered/" in again
    assert count_of(centre, "Ticket.objects") == before + 1


# ── Talks that ended as nothing, and sheets of paper ─────────────────────────────────────────────────────────────
def test_an_unfinished_talk_is_found_and_continued(desk: Page, centre: LocalStack) -> None:
    fresh(desk, centre)
    desk.keyboard.type("9105009001")
    desk.locator("#id_text").focus()
    desk.keyboard.type("Сорвался разговор о крыше")
    # What is on its way when the page is left would touch the draft once more.
    for _turn in range(20):
        if count_of(centre, "IntakeDraft.objects.filter(typed__text='Сорвался разговор о крыше')"):
            break
        desk.wait_for_timeout(500)
    in_the_centre(centre, LEAVE_LONG_AGO)
    desk.goto(f"{centre.url}/desk/unfinished/")
    row = desk.locator(".talk", has_text="Сорвался разговор о крыше")
    expect(row).to_be_visible()
    assert serious_faults(desk) == []
    row.get_by_role("link", name="Продолжить").click()
    expect(desk.locator("#id_text")).to_have_value("Сорвался разговор о крыше")
    desk.locator("#id_text").focus()
    desk.keyboard.press("F7")
    expect(desk.locator("#messages")).to_contain_text("Ответ записан")
    desk.goto(f"{centre.url}/desk/unfinished/")
    expect(desk.locator("main")).not_to_contain_text("Сорвался разговор о крыше")


def test_sheets_of_paper_are_written_down_in_a_row(desk: Page, centre: LocalStack) -> None:
    desk.goto(f"{centre.url}/desk/new/paper/")
    called_at = desk.evaluate("new Date(Date.now() - 3 * 3600e3 + 3 * 3600e3).toISOString().slice(0, 16) + ':00'")
    for flat in ("41", "42"):
        if flat == "41":
            desk.locator("#id_received_at").fill(called_at.replace(called_at[11:13], "00"))
            first = desk.locator("#id_received_at").input_value()
        tell(desk, phone=f"91050100{flat}", problem="осв", address=f"плех 44 {flat}", text="С листа")
        desk.keyboard.press("F9")
        expect(desk.locator("#messages")).to_contain_text("Внесено: заявка")
        expect(desk.locator("#id_received_at")).to_have_value(first)
        expect(desk.locator("#id_phone")).to_have_value("")
    assert serious_faults(desk) == []
