"""A register brought in from a file: written once, changed by a later file, and never half understood in silence."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from companies.imports import columns as mapping
from companies.imports.register import import_register
from companies.imports.report import Report
from companies.imports.tables import Table
from companies.models import Building, Company, District, Locality, Responsibility
from tickets.tests.factories import BuildingFactory, CompanyFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 2, 2)
HEADER = "HOUSE_ID,ADDRESS,LAT,LON,YEAR,MGMT_COMPANY,SERVICEDATE_START,LEVELS_MAX,DOORS,ROOM_COUNT_LIVE"
VLADIVOSTOK = Path(__file__).parents[3] / "shared/data/houses-vladivostok/vladivostok.csv.gz"


def row(
    code: str = "1", address: str = "ул. Светланская, д. 14", company: str = '"ООО ""УК ""Маяк"""',
    since: str = "01.09.2015", floors: str = "5", year: str = "1967",
) -> str:  # fmt: skip
    return f'{code},"край. Приморский, г. Владивосток, {address}",43.1,131.9,{year},{company},{since},{floors},2,40'


def brought(folder: Path, *rows: str, is_dry: bool = False, today: date = TODAY, header: str = HEADER) -> Report:
    path = folder / "houses.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    table = Table(path)
    chosen = mapping.checked(mapping.REGISTER, table.header, mapping.guess(mapping.REGISTER, table.header))
    return import_register(table, mapping.places_of(table.header, chosen), today=today, is_dry=is_dry)


def managed() -> list[tuple[str, date, date | None]]:
    rows = Responsibility.objects.order_by("building__house", "valid_from")
    return [(row.company.name, row.valid_from, row.valid_to) for row in rows.select_related("company")]


class TestOneFile:
    def test_a_house_its_company_and_since_when(self, tmp_path: Path) -> None:
        report = brought(tmp_path, row())

        house = Building.objects.select_related("locality").get()
        assert (str(house), house.register_code) == ("г. Владивосток, ул. Светланская, 14", "1")
        assert (house.floors, house.entrances, house.flats, house.built_year) == (5, 2, 40, 1967)
        assert (str(house.latitude), str(house.longitude)) == ("43.100000", "131.900000")
        assert house.search_text == " г. владивосток ул. светланская 14 "
        company = Company.objects.get()
        assert (company.name, company.original_name) == ("ООО «УК Маяк»", 'ООО "УК "Маяк"')
        assert managed() == [("ООО «УК Маяк»", date(2015, 9, 1), None)]
        assert Responsibility.objects.get().service.code == "management"
        assert report.regions == {"Приморский край": 1}

    def test_the_second_time_it_creates_nothing(self, tmp_path: Path) -> None:
        rows = [row(), row("2", "ул. Светланская, д. 16 А", company="ТСЖ Надежда", since="")]
        brought(tmp_path, *rows)

        again = brought(tmp_path, *rows, today=date(2026, 3, 3))

        created = {
            name: count for name, count in again.counts.items() if count and name.endswith(("created", "changed"))
        }
        assert created == {}
        assert again.counts["buildings_same"] == 2

    def test_two_spellings_of_a_company_are_one(self, tmp_path: Path) -> None:
        report = brought(
            tmp_path, row(), row("2", "ул. Светланская, д. 16", company="OOO Управляющая  компания «Маяк»"),
            row("3", "ул. Светланская, д. 18", company='"""Маяк"" УК, ООО"'),
        )  # fmt: skip

        assert Company.objects.values_list("name", flat=True).order_by("pk").first() == "ООО «УК Маяк»"
        assert report.as_json()["spellings"]["ООО «УК Маяк»"][:2] == [
            'ООО "УК "Маяк"',
            "OOO Управляющая компания «Маяк»",
        ]

    def test_a_dry_run_writes_nothing_and_says_what_it_would(self, tmp_path: Path) -> None:
        real = row("2", "ул. Светланская, д. 16", since="01.01.2020")
        planned = brought(tmp_path, row(), real, is_dry=True)

        assert [model.objects.count() for model in (Building, Company, Responsibility, Locality)] == [0, 0, 0, 0]
        written = brought(tmp_path, row(), real)
        assert planned.counts == written.counts
        assert {"where": "ООО «УК Маяк»", "what": "организация", "was": "—", "becomes": "новая"} in planned.differences

    def test_what_is_not_understood_is_left_out_and_said(self, tmp_path: Path) -> None:
        report = brought(tmp_path, row(year="давно"), row("2", "ул. Светланская"), row("3", "ул. Ивановская, д. =1+1"))

        house = Building.objects.get(register_code="1")
        assert house.built_year is None
        told = report.bad.read().decode("utf-8-sig").splitlines()
        assert told[0] == "Строка;Итог;Причина;" + HEADER.replace(",", ";")
        assert any(line.startswith("3;ошибка;Адрес не разобран") for line in told)
        assert any("год постройки «давно»" in line for line in told)

    def test_a_house_said_twice_is_one_house_that_changed_hands(self, tmp_path: Path) -> None:
        report = brought(
            tmp_path,
            row(since="15.06.2015"),
            row("2", "ул. Светланская, д. 14.", company="ТСЖ Статус", since="23.03.2016"),
        )

        assert Building.objects.count() == 1
        assert managed() == [
            ("ООО «УК Маяк»", date(2015, 6, 15), date(2016, 3, 23)),
            ("ТСЖ «Статус»", date(2016, 3, 23), None),
        ]
        assert (report.counts["repeats"], report.counts["changes_of_company"]) == (1, 1)

    def test_a_village_of_a_town_has_streets_of_its_own(self, tmp_path: Path) -> None:
        brought(tmp_path, row("1", "ул. Лермонтова, д. 6"), row("2", "п. Трудовое, ул. Лермонтова, д. 6"))

        assert sorted(map(str, Building.objects.select_related("locality"))) == [
            "г. Владивосток, ул. Лермонтова, 6", "п. Трудовое, ул. Лермонтова, 6",
        ]  # fmt: skip
        assert District.objects.get().name == "г. Владивосток"


class TestALaterFile:
    def test_a_change_of_company_ends_the_old_row_on_its_date(self, tmp_path: Path) -> None:
        brought(tmp_path, row())

        brought(tmp_path, row(company="ТСЖ Статус", since="01.03.2020"))

        assert managed() == [
            ("ООО «УК Маяк»", date(2015, 9, 1), date(2020, 3, 1)), ("ТСЖ «Статус»", date(2020, 3, 1), None),
        ]  # fmt: skip

    @pytest.mark.parametrize("since", ["01.09.2015", "01.01.2009"])
    def test_an_older_date_than_the_registers_changes_no_history(self, tmp_path: Path, since: str) -> None:
        brought(tmp_path, row())

        report = brought(tmp_path, row(company="ТСЖ Статус", since=since))

        assert managed() == [("ООО «УК Маяк»", date(2015, 9, 1), None)]
        assert report.counts["conflicts"] == 1

    def test_what_the_file_knows_better_is_changed_and_what_it_leaves_out_stays(self, tmp_path: Path) -> None:
        brought(tmp_path, row())

        report = brought(tmp_path, row(floors="9", year=""))

        house = Building.objects.get()
        assert (house.floors, house.built_year) == (9, 1967)
        assert report.counts["buildings_changed"] == 1
        assert {
            "where": "г. Владивосток, ул. Светланская, 14",
            "what": "этажей",
            "was": "5",
            "becomes": "9",
        } in report.differences

    def test_a_code_leads_to_a_house_whose_street_was_renamed(self, tmp_path: Path) -> None:
        brought(tmp_path, row())

        brought(tmp_path, row(address="пр-кт. Океанский, д. 14"))

        house = Building.objects.get()
        assert (house.street, house.search_text) == ("пр-кт Океанский", " г. владивосток пр-кт океанский 14 ")

    def test_houses_entered_by_hand_are_found(self, tmp_path: Path) -> None:
        house = BuildingFactory.create(locality__name="г. Владивосток", street="ул. Светланская", house="14")
        CompanyFactory.create(name='ООО "УК Маяк"')

        report = brought(tmp_path, row())

        house.refresh_from_db()
        assert (house.register_code, house.floors) == ("1", 5)
        assert report.counts["buildings_created"] == report.counts["companies_created"] == 0


@pytest.mark.skipif(not VLADIVOSTOK.exists(), reason="the register of Vladivostok is not beside this clone")
def test_a_real_register_and_again() -> None:
    table = Table(VLADIVOSTOK)
    columns = mapping.places_of(table.header, mapping.guess(mapping.REGISTER, table.header))

    first = import_register(table, columns, today=TODAY)
    again = import_register(table, columns, today=TODAY)

    assert first.counts["rows"] == 3244
    assert first.counts["buildings_created"] + first.counts["repeats"] == 3244
    assert first.counts["errors"] == 0
    assert not {
        name for name, count in again.counts.items() if count and name.endswith(("created", "changed", "ended"))
    }
    assert Company.objects.count() == first.counts["companies_created"]


def test_a_packed_file_in_the_old_code_page_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv.gz"
    path.write_bytes(gzip.compress("Город;Улица;Дом;УК\nг. Калуга;Кирова;20;ООО Свет\n".encode("cp1251")))
    table = Table(path)

    import_register(table, mapping.places_of(table.header, mapping.guess(mapping.REGISTER, table.header)), today=TODAY)

    assert str(Building.objects.select_related("locality").get()) == "г. Калуга, ул. Кирова, 20"
    assert managed() == [("ООО «Свет»", TODAY, None)]
