"""An import in the admin, from the file to the paper with invitations; a worker is played by a call."""

import gzip
import io
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from accounts import clock
from accounts.models import Role, User
from companies.imports import runs
from companies.imports.invitations import invite_first_users
from companies.imports.known import Known
from companies.imports.register import AnotherImport, import_register
from companies.imports.tables import Table
from companies.models import Building, Company, ImportMapping, ImportRun, Locality, Membership, Responsibility
from tests.access import VISITORS, Row
from tests.access.imports import OF_THE_ADMIN
from tests.admin_pages import signed_in
from tests.test_access import Scene, built, scene, visit
from tickets.imports.log import importer
from tickets.tests.factories import CompanyFactory, UserFactory, member_of

__all__ = ["built", "scene"]

FILE = "Адрес;УК;Дата начала\n«г. Калуга», ул. Кирова, д. 20;ООО Свет;01.02.2020\n"
HOUSES = (
    "Город;Улица;Дом;УК;Управляет с;Этажей\nг. Калуга;Кирова;20;ООО Свет;01.02.2020;5\n"
    "г. Калуга;Кирова;нет;ООО Свет;;\n"
)


@dataclass
class ImportScene:
    people: dict[str, User]
    sessions: dict[str, str]
    run: ImportRun


@pytest.mark.parametrize("row", OF_THE_ADMIN, ids=lambda row: f"{row.method} {row.route}")
def test_who_may_do_what(scene: Scene, row: Row) -> None:
    run = ImportRun.objects.create(
        file_name="houses.csv", content=FILE.encode(), header=["Адрес", "УК", "Дата начала"],
        columns={"address": "Адрес"}, errors=gzip.compress(b"x"), started_by=scene.people["admin"],
    )  # fmt: skip
    here: Any = ImportScene(scene.people, scene.sessions, run)

    assert {visitor: visit(here, row, visitor) for visitor in VISITORS} == {
        visitor: row.expected(visitor) for visitor in VISITORS
    }


@pytest.fixture
def administrator(client: Client, db: None) -> Client:
    return signed_in(client, role=Role.ADMIN, is_staff=True, is_superuser=True)


def uploaded(client: Client, text: str = HOUSES, name: str = "houses.csv") -> ImportRun:
    client.post(reverse("admin:companies_importrun_add"), {"file": SimpleUploadedFile(name, text.encode())})
    return ImportRun.objects.latest("pk")


def shown(client: Client, run: ImportRun) -> str:
    return client.get(reverse("admin:companies_importrun_change", args=[run.pk])).content.decode()


def choose(client: Client, run: ImportRun) -> None:
    client.post(reverse("admin:companies_importrun_columns", args=[run.pk]), run.columns)
    runs.carry_out(run.pk)


class TestTheWay:
    def test_from_the_file_to_the_register(self, administrator: Client) -> None:
        run = uploaded(administrator)
        assert run.columns == {
            "locality": "Город", "street": "Улица", "house": "Дом", "company": "УК", "valid_from": "Управляет с",
            "floors": "Этажей",
        }  # fmt: skip
        columns = administrator.get(reverse("admin:companies_importrun_columns", args=[run.pk])).content.decode()
        assert "Первые строки" in columns
        assert "ООО Свет" in columns

        choose(administrator, run)
        assert not Building.objects.exists()
        page = shown(administrator, run)
        assert "Что изменится" in page
        assert "г. Калуга, ул. Кирова, 20" in page

        administrator.post(reverse("admin:companies_importrun_start", args=[run.pk]))
        assert "0 из 2" in shown(administrator, run)
        runs.carry_out(run.pk)

        run.refresh_from_db()
        assert (run.state, bytes(run.content), run.done_rows) == ("done", b"", 2)
        assert str(Building.objects.select_related("locality").get()) == "г. Калуга, ул. Кирова, 20"
        assert Responsibility.objects.get().company.name == "ООО «Свет»"
        assert ImportMapping.objects.get().columns == run.columns
        assert "Что записано" in shown(administrator, run)

    def test_bad_rows_come_back_with_reasons_and_without_formulas(self, administrator: Client) -> None:
        run = uploaded(administrator, HOUSES.replace(";нет;", ";=cmd;"))
        choose(administrator, run)

        file = administrator.get(reverse("admin:companies_importrun_errors", args=[run.pk])).content.decode("utf-8-sig")

        assert "3;ошибка;" in file
        assert ";'=cmd;" in file

    def test_progress_asks_for_itself_until_the_work_is_over(self, administrator: Client) -> None:
        run = uploaded(administrator)
        administrator.post(reverse("admin:companies_importrun_columns", args=[run.pk]), run.columns)
        url = reverse("admin:companies_importrun_progress", args=[run.pk])

        at_work = administrator.get(url)
        runs.carry_out(run.pk)
        over = administrator.get(url)

        assert b"every 1s" in at_work.content
        assert "HX-Refresh" not in at_work
        assert over["HX-Refresh"] == "true"

    @pytest.mark.parametrize(
        ("text", "name", "said"),
        [
            ("", "a.csv", "пуст"), ("PK\x03\x04abc", "a.xlsx", "испорчен"), ("а;б\n1;2\n", "a.csv", "Укажите столбцы"),
        ],
    )  # fmt: skip
    def test_what_is_no_table_is_refused_in_a_sentence(
        self, administrator: Client, text: str, name: str, said: str
    ) -> None:
        answer = administrator.post(
            reverse("admin:companies_importrun_add"), {"file": SimpleUploadedFile(name, text.encode())}
        )
        if answer.status_code == 302:
            run = ImportRun.objects.latest("pk")
            answer = administrator.post(reverse("admin:companies_importrun_columns", args=[run.pk]), {})

        assert answer.status_code == 200
        assert said in answer.content.decode()

    def test_what_the_file_says_is_shown_as_text(self, administrator: Client) -> None:
        run = uploaded(administrator, "Город;Улица;Дом;УК\n<script>x</script>;<b>1</b>;20;<img src=x>\n", "<i>.csv")
        choose(administrator, run)

        for name in ("columns", "change"):
            page = administrator.get(reverse(f"admin:companies_importrun_{name}", args=[run.pk])).content.decode()
            assert not re.search(r"<script>x|<b>1|<img src|<i>\.csv", page)

    def test_a_book_goes_the_same_way(self, administrator: Client) -> None:
        book, file = Workbook(), io.BytesIO()
        for line in HOUSES.splitlines():
            book.active.append(line.split(";"))  # type: ignore[union-attr]
        book.save(file)
        administrator.post(
            reverse("admin:companies_importrun_add"), {"file": SimpleUploadedFile("houses.xlsx", file.getvalue())}
        )
        run = ImportRun.objects.get()
        choose(administrator, run)

        run.refresh_from_db()
        assert (run.state, run.result["counts"]["buildings_created"]) == ("checked", 1)

    def test_a_foreign_column_is_no_choice(self, administrator: Client) -> None:
        run = uploaded(administrator)

        administrator.post(reverse("admin:companies_importrun_columns", args=[run.pk]), {"address": "Пароль"})

        run.refresh_from_db()
        assert run.state == "uploaded"

    def test_the_button_pressed_twice_starts_once(self, administrator: Client) -> None:
        run = uploaded(administrator)
        choose(administrator, run)
        url = reverse("admin:companies_importrun_start", args=[run.pk])
        administrator.post(url)

        again = administrator.post(url, follow=True)

        assert "уже идёт работа" in again.content.decode()


class TestAWorkerThatDied:
    def test_another_goes_on_and_writes_nothing_twice(
        self, administrator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = [f"г. Калуга;Кирова;{number};ООО Свет;01.02.2020;5" for number in range(1, 2_501)]
        run = uploaded(administrator, "\n".join([HOUSES.splitlines()[0], *rows]))
        choose(administrator, run)
        administrator.post(reverse("admin:companies_importrun_start", args=[run.pk]))

        def killed(run: ImportRun, done: int) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(runs, "_progress", killed)
            with pytest.raises(KeyboardInterrupt):
                runs.carry_out(run.pk)
        written = Building.objects.count()
        runs.carry_out(run.pk)

        assert written == 1_000
        assert Building.objects.count() == Responsibility.objects.count() == 2_500
        run.refresh_from_db()
        assert (run.state, run.result["counts"]["buildings_created"]) == ("done", 1_500)

    def test_what_does_not_move_can_be_taken_up(self, administrator: Client) -> None:
        run = uploaded(administrator)
        administrator.post(reverse("admin:companies_importrun_columns", args=[run.pk]), run.columns)
        assert "Продолжить" not in shown(administrator, run)
        ImportRun.objects.update(moved_at=clock.now() - timedelta(minutes=2))

        assert "Продолжить" in shown(administrator, run)
        administrator.post(reverse("admin:companies_importrun_again", args=[run.pk]))

        assert "Продолжить" not in shown(administrator, run)

    def test_a_broken_program_says_so_and_lets_one_try_again(
        self, administrator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = uploaded(administrator)
        choose(administrator, run)
        administrator.post(reverse("admin:companies_importrun_start", args=[run.pk]))
        monkeypatch.setattr(runs, "import_register", lambda *given, **named: 1 // 0)

        with pytest.raises(ZeroDivisionError):
            runs.carry_out(run.pk)

        assert "прерван ошибкой программы" in shown(administrator, run)
        assert "Импортировать" in shown(administrator, run)


class TestInvitations:
    def test_each_organisation_without_people_gets_a_first_user(self, db: None) -> None:
        lonely = CompanyFactory.create(name="ООО «УК Влад-Дом»")
        CompanyFactory.create(name="АО «Закрыто»", is_active=False)
        member_of(CompanyFactory.create())

        invited = invite_first_users(at=clock.now())

        assert [(row.company, row.login) for row in invited] == [(lonely, "ooo-uk-vlad-dom")]
        person = User.objects.get(username="ooo-uk-vlad-dom")
        assert (person.role, person.has_usable_password()) == (Role.COMPANY, False)
        assert Membership.objects.get(user=person).manages_users

    def test_the_link_opens_once(self, client: Client, db: None) -> None:
        CompanyFactory.create()
        invited = invite_first_users(at=clock.now())[0]
        path = re.sub(r"^https?://[^/]+", "", invited.url)
        form = client.get(path, follow=True).redirect_chain[-1][0]
        client.post(form, {"new_password1": "ручей-и-камень-7", "new_password2": "ручей-и-камень-7"})

        again = Client().get(path, follow=True)

        assert User.objects.get(username=invited.login).check_password("ручей-и-камень-7")
        assert not again.redirect_chain
        assert invite_first_users(at=clock.now()) == []

    def test_asking_again_makes_no_second_user(self, db: None) -> None:
        CompanyFactory.create()

        first, second = invite_first_users(at=clock.now()), invite_first_users(at=clock.now())

        assert [row.login for row in first] == [row.login for row in second]
        assert User.objects.count() == 1

    def test_the_paper_is_kept_nowhere(self, administrator: Client) -> None:
        CompanyFactory.create(name="ООО «<Свет>»")

        answer = administrator.post(reverse("admin:companies_importrun_invitations"))

        page = answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert "/invitation/" in page
        assert "<Свет>" not in page

    def test_the_command_writes_it_for_the_owner_alone(self, tmp_path: Path, db: None) -> None:
        (tmp_path / "houses.csv").write_text(HOUSES, encoding="utf-8")
        paper = tmp_path / "paper.html"
        call_command("import_register", tmp_path / "houses.csv", invitations=paper, errors=tmp_path / "errors.csv")

        assert "ooo-svet" in paper.read_text(encoding="utf-8")
        assert paper.stat().st_mode & 0o077 == 0
        assert (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").startswith("Строка;Итог;Причина;Город")


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "houses.csv").write_text(HOUSES, encoding="utf-8")
    table = Table(tmp_path / "houses.csv")
    columns = {"locality": 0, "street": 1, "house": 2, "company": 3}
    halfway, go_on = threading.Event(), threading.Event()
    faults: list[BaseException] = []

    def wait(done: int) -> None:
        halfway.set()
        go_on.wait(20)

    def first() -> None:
        try:
            import_register(table, columns, today=clock.now().date(), progress=wait)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert halfway.wait(20)
    with pytest.raises(AnotherImport):
        import_register(table, columns, today=clock.now().date())
    go_on.set()
    thread.join(20)

    assert faults == []
    assert (Building.objects.count(), Company.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_somebody_adds_the_same_house_by_hand_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The piece fails on the rule of the register, is planned anew, and finds the house."""
    town = Locality.objects.create(name="г. Калуга")
    (tmp_path / "houses.csv").write_text(HOUSES, encoding="utf-8")
    load, turns = Known.load, []

    def raced() -> Known:
        known = load()
        turns.append(known)
        if len(turns) == 1:
            thread = threading.Thread(target=add)
            thread.start()
            thread.join(20)
        return known

    def add() -> None:
        Building.objects.create(locality=town, street="ул. Кирова", house="20", register_code="7")
        connection.close()

    monkeypatch.setattr(Known, "load", raced)
    import_register(
        Table(tmp_path / "houses.csv"), {"locality": 0, "street": 1, "house": 2, "company": 3}, today=clock.now().date()
    )

    assert len(turns) == 2
    assert Building.objects.get().register_code == "7"
    assert Responsibility.objects.count() == 1


@pytest.mark.django_db
def test_nobody_signs_in_as_the_old_log() -> None:
    person = importer()

    assert not person.is_active
    assert not person.has_usable_password()
    assert UserFactory.create().pk != person.pk
