"""A register brought in through the admin, in a real browser: from the file to the sheet with invitations."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dispatch_center.local.stack import LocalStack

from .conftest import SignIn, serious_faults
from .test_admin import complaints, listened, look_over

__all__ = ["complaints"]

HOUSES = """Город;Улица;Дом;УК;Управляет с;Этажей
г. Город-{town};Новая;1;ООО "УК "Новый дом {town}";01.02.2020;5
г. Город-{town};Новая;без номера;ООО Новый дом;;
г. Город-{town};Новая;3;ООО УК «Новый дом {town}»;01.02.2020;5
"""


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False), (390, True)])
def test_a_register_is_brought_in(
    centre: LocalStack, sign_in: SignIn, complaints: list[str], tmp_path: Path, width: int, dark: bool
) -> None:
    file = tmp_path / "houses.csv"
    file.write_text(HOUSES.format(town=f"{width}-{int(dark)}"), encoding="utf-8")
    page = listened(sign_in(centre, "admin", width=width, dark=dark), complaints)
    page.goto(f"{centre.url}/admin/companies/importrun/")
    look_over(page, width, complaints)

    page.goto(f"{centre.url}/admin/companies/importrun/add/")
    look_over(page, width, complaints)
    page.get_by_label("Файл").set_input_files(file)
    page.get_by_role("button", name="Загрузить").click()

    expect(page.get_by_label("Улица")).to_have_value("Улица")
    expect(page.get_by_label("Управляет с")).to_have_value("Управляет с")
    look_over(page, width, complaints)
    page.get_by_role("button", name="Проверить").click()

    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()
    expect(page.get_by_role("row", name="Домов добавлено 2")).to_be_visible()
    look_over(page, width, complaints)
    with page.expect_download() as download:
        page.get_by_role("link", name="Скачать строки с ошибками").click()
    assert "без номера" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Импортировать").click()

    expect(page.get_by_role("heading", name="Что записано")).to_be_visible()
    look_over(page, width, complaints)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Напечатать приглашения").click()
    paper = popup.value
    expect(paper.get_by_role("heading", name=f"Новый дом {width}-{int(dark)}")).to_be_visible()
    assert serious_faults(paper) == []
    assert paper.evaluate("document.documentElement.scrollWidth") <= width
