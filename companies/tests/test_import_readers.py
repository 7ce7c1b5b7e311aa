"""Readers of other people's tables, names and addresses: what is read, and whatever else must not break them."""

import gzip
import io
import json
import re
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts.writes import Refused
from companies.imports import tables, values
from companies.imports.houses import BadRow, read_house
from companies.imports.names import LONGEST_NAME, company_name
from companies.imports.places import UnclearAddress, house_key, read_place, street_key, tidy_house
from companies.imports.tables import Line, Table, UnreadableFile

# A busy machine is no fault of a reader.
PATIENT = settings(deadline=None, max_examples=60)
NAUGHTY = Path(__file__).parents[3] / "shared/data/naughty-strings/blns.json"


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ('ООО "УК "Маяк"', "ООО «УК Маяк»"),
            ('ООО  "Управляющая  компания „Маяк“"', "ООО «УК Маяк»"),
            ("«Маяк» УК, ООО", "ООО «Маяк УК»"),
            ("OOO «Маяк»", "ООО «Маяк»"),
            ("Общество с ограниченной ответственностью ВЕСНА", "ООО «ВЕСНА»"),
            ("Весна (ООО)", "ООО «Весна»"),
            ('НО ТСЖ "Альянс"', "ТСЖ «Альянс»"),
            ('Товарищество собственников жилья "Свет"', "ТСЖ «Свет»"),
            ("Жилищно строительный кооператив № 51", "ЖСК № 51"),
            ("ЖСК-107", "ЖСК № 107"),
            ("ТСЖ№62", "ТСЖ № 62"),
            ("ТСН(Ж) Побережье", "ТСН «Побережье»"),
            ("ЖСК № 47 г.Владивостока", "ЖСК № 47 г. Владивостока"),
            ('МУПВ "Спецзавод №1"', "МУПВ «Спецзавод № 1»"),
            ("УК «ЛиК»", "УК «ЛиК»"),
            ("ИП Шароватов М.С.", "ИП Шароватов М.С."),
            ("Альтакс-1", "Альтакс-1"),
        ],
    )
    def test_one_spelling(self, typed: str, name: str) -> None:
        found = company_name(typed)
        assert found is not None
        assert found.name == name

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ('ООО УК "Влад Дом"', 'ООО  "Управляющая компания "Влад-Дом"'), ("ТСЖ НАДЕЖДА", "ТСЖ «Надежда»"),
            ("ЖСК-18", "ЖСК № 18"), ('ООО "Форпост - 1"', "ООО Форпост-1"), ("ТСЖ Тополёк", "ТСЖ Тополек"),
        ],
    )  # fmt: skip
    def test_two_spellings_of_one(self, one: str, other: str) -> None:
        found = [company_name(one), company_name(other)]
        assert found[0] is not None
        assert found[1] is not None
        assert found[0].key == found[1].key

    @pytest.mark.parametrize(
        ("one", "other"),
        [('ООО "Форпост"', 'ООО УК "Форпост"'), ("ТСЖ Парус-1", "ТСЖ Парус-2"), ("ТСЖ Восток", "ЖСК Восток")],
    )
    def test_two_that_are_two(self, one: str, other: str) -> None:
        found = [company_name(one), company_name(other)]
        assert found[0] != found[1]

    @PATIENT
    @given(st.text(max_size=80))
    def test_any_text_is_a_name_or_none_and_its_spelling_is_its_own(self, typed: str) -> None:
        found = company_name(typed)
        if found is not None:
            assert found.key
            assert len(found.name) <= 200
            again = company_name(found.name)
            assert again is not None
            assert again.key == found.key


class TestPlaces:
    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("край. Приморский, г. Владивосток, Проспект. 9 Мая, д. 14", ("г. Владивосток", "пр-кт 9 Мая", "14")),
            ("край. Приморский, г. Владивосток, ул. Русская, д. 57, к. К", ("г. Владивосток", "ул. Русская", "57к")),
            ("г. Тула, ул. Строительная 2-я, д. 17, к. 0, стр. 0", ("г. Тула", "ул. Строительная 2-я", "17")),
            ("г. Владивосток, ул. Бородинская, д. 23, стр. 9", ("г. Владивосток", "ул. Бородинская", "23 стр. 9")),
            ("г. Владивосток, п. Трудовое, ул. Лермонтова, д. 64а.", ("п. Трудовое", "ул. Лермонтова", "64а")),
            ("г. Владивосток, нп. Русский Остров, п. КЭТ, д. 5", ("п. КЭТ", "п. КЭТ", "5")),
            ("248000, Калужская область, г. Калуга, ул Кирова, 20к1", ("г. Калуга", "ул. Кирова", "20к1")),
            ("г. Калуга, Кирова ул., дом 20, кв. 3", ("г. Калуга", "ул. Кирова", "20")),
        ],
    )  # fmt: skip
    def test_an_address_is_told_apart(self, typed: str, read: tuple[str, str, str]) -> None:
        place = read_place(typed)
        assert (place.locality, place.street, place.house) == read

    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("ул. Кирова 20Калуга", ("ул. Кирова", "20", "", "", "")),
            ("улица Кирова 20/1 Калуга 248000, Россия", ("ул. Кирова", "20/1", "", "", "")),
            ("Калуга, Кирова, 20", ("ул. Кирова", "20", "", "", "")),
            ("г. Калуга ул. Кирова д. 20", ("ул. Кирова", "20", "", "", "")),
            ("Калуга, 2-й переулок Кирова, 20", ("ул. 2-й переулок Кирова", "20", "", "", "")),
            ("Ленинский проспект 20", ("пр-кт Ленинский", "20", "", "", "")),
            # A number that belongs to something else must not make another house.
            ("ул. Кирова, 20 2 подъезд", ("ул. Кирова", "20", "", "2", "")),
            ("ул. Кирова 20, 2-й подъезд, 5 этаж, Калуга", ("ул. Кирова", "20", "", "2", "5")),
            ("Кирова 20 подъезд 2", ("ул. Кирова", "20", "", "2", "")),
            ("ул.Кирова д.20 кв.55", ("ул. Кирова", "20", "55", "", "")),
            ("кв. 55, ул. Кирова, 20", ("ул. Кирова", "20", "55", "", "")),
            ("ул. Кирова, дом 20, квартира 55", ("ул. Кирова", "20", "55", "", "")),
            ("Кирова 20 корпус 2", ("ул. Кирова", "20к2", "", "", "")),
            ("Кирова 20 - 55", ("ул. Кирова", "20-55", "", "", "")),
            ("ул. 50 лет Октября д. 20", ("ул. 50 лет Октября", "20", "", "", "")),
        ],
    )
    def test_an_address_of_a_log_as_people_type_it(self, typed: str, read: tuple[str, ...]) -> None:
        place = read_place(typed, locality="г. Калуга")
        assert (place.street, place.house, place.flat, place.entrance, place.floor) == read
        assert place.locality == "г. Калуга"

    @pytest.mark.parametrize("typed", ["", "г. Калуга", "ул. Кирова, д. 20", "г. Калуга, ул. Кирова", ",,,", "д. 5"])
    def test_what_names_no_house_is_refused(self, typed: str) -> None:
        with pytest.raises(UnclearAddress):
            read_place(typed)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("9 \"А\"", "9-а_"), ("9, а", "9а"), (".31", "31'"), ("№99", "99"), ("10\\7", "10/7"), ("17/0", "17")],
    )  # fmt: skip
    def test_spellings_of_one_house(self, one: str, other: str) -> None:
        assert house_key(tidy_house(one)) == house_key(tidy_house(other))

    def test_spellings_of_one_street(self) -> None:
        assert street_key("Проспект. 100-летия Владивостока") == street_key("пр-кт 100 летия Владивостока")
        assert street_key("ул. Строительная 2-я") == street_key("2-я Строительная ул.")

    @PATIENT
    @given(st.text(max_size=120))
    def test_any_text_is_an_address_that_fits_or_is_refused(self, typed: str) -> None:
        try:
            place = read_place(typed, locality="г. Калуга")
        except UnclearAddress:
            return
        assert place.street
        assert place.house
        assert len(place.street) <= 150
        assert len(place.house) <= 20
        assert house_key(tidy_house(place.house)) == house_key(place.house)


class TestValues:
    @pytest.mark.parametrize(
        "text", ["01.09.2015", "2015-09-01", "01/09/2015", "1.9.2015", "42248", "2015-09-01 10:00"]
    )
    def test_a_day_in_any_spelling(self, text: str) -> None:
        assert values.day(text) == date(2015, 9, 1)

    @pytest.mark.parametrize("text", ["32.01.2015", "вчера", "01.01.0001", "2015"])
    def test_what_is_no_day(self, text: str) -> None:
        with pytest.raises(ValueError, match=re.escape(text)):
            values.day(text)

    @pytest.mark.parametrize(("text", "said"), [("1 234", 1234), ("12.0", 12), ("Не заполнено", None), ("", None)])
    def test_a_number(self, text: str, said: int | None) -> None:
        assert values.number(text) == said

    def test_the_tax_office_numbers_have_check_digits(self) -> None:
        assert values.tax_number("7707083893") == "7707083893"
        with pytest.raises(ValueError, match="7707083894"):
            values.tax_number("7707083894")

    @PATIENT
    @given(st.text(max_size=40))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        for read in (values.day, values.number, values.year, values.latitude, values.tax_number, values.reason_code):
            try:
                read(text)
            except (ValueError, OverflowError):
                continue

    @PATIENT
    @given(st.lists(st.text(max_size=60), min_size=6, max_size=6))
    def test_any_row_is_a_house_that_fits_or_is_refused(self, cells: list[str]) -> None:
        columns = {"register_code": 0, "address": 1, "company": 2, "valid_from": 3, "floors": 4, "latitude": 5}
        try:
            house = read_house(Line(2, tuple(tables.text_of(cell) for cell in cells)), columns, locality="г. Калуга")
        except BadRow:
            return
        assert len(house.code) <= 64
        assert house.company is None or len(house.company.name) <= LONGEST_NAME


def read(folder: Path, content: bytes, name: str = "a.csv") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    (folder / name).write_bytes(content)
    table = Table(folder / name)
    return table.header, [line.cells for line in table]


class TestTables:
    @pytest.mark.parametrize("delimiter", [";", ",", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
    @pytest.mark.parametrize("packed", [False, True])
    def test_csv_of_any_kind(self, tmp_path: Path, delimiter: str, encoding: str, packed: bool) -> None:
        content = f'Адрес{delimiter}УК\r\n"ул. Ёлочная; 5, «а»\tб"{delimiter}Свет\r\n\r\n'.encode(encoding)

        found = read(tmp_path, gzip.compress(content) if packed else content)

        assert found == (("Адрес", "УК"), [("ул. Ёлочная; 5, «а»\tб", "Свет")])

    def test_a_book_with_numbers_and_dates(self, tmp_path: Path) -> None:
        book = Workbook()
        book.active.append(["Код", "Дата", "Этажей"])  # type: ignore[union-attr]
        book.active.append([1000000007, datetime(2015, 9, 1), 5.0])  # type: ignore[union-attr]  # noqa: DTZ001
        file = io.BytesIO()
        book.save(file)

        assert read(tmp_path, file.getvalue())[1] == [("1000000007", "2015-09-01 00:00", "5")]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "ни одной строки"), (b"\r\n \r\n", "ни одной строки"), (b"\x1f\x8bnot packed", "обрывается"),
            (gzip.compress(b"a;b\n1;2\n" * 5_000, mtime=0)[:-40], "обрывается"), (b"PK\x03\x04nothing", "не книга"),
        ],
        ids=["empty", "blank", "no gzip", "cut off", "no book"],
    )  # fmt: skip
    def test_what_is_no_table_is_refused_in_a_sentence(self, tmp_path: Path, content: bytes, said: str) -> None:
        with pytest.raises(UnreadableFile, match=said):
            read(tmp_path, content)

    def test_an_archive_that_is_no_book(self, tmp_path: Path) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.csv", "a;b")
        with pytest.raises(UnreadableFile, match="не таблица"):
            read(tmp_path, file.getvalue())

    def test_a_bomb_is_not_unpacked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "LARGEST_UNPACKED", 1 << 20)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b"0" * (2 << 20))
        for content in (gzip.compress(b"0;" * (1 << 20)), file.getvalue()):
            with pytest.raises(UnreadableFile, match="распакованном"):
                read(tmp_path, content)

    def test_too_many_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "MOST_ROWS", 2)
        with pytest.raises(UnreadableFile, match="больше 2 строк"):
            read(tmp_path, b"a\n1\n2\n3\n")

    @PATIENT
    @given(st.binary(max_size=300))
    def test_any_bytes_are_a_table_or_refused(self, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                header, rows = read(Path(folder), content)
            except Refused:
                return
        assert header
        assert all("\0" not in cell for row in rows for cell in row)

    @pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not beside this clone")
    def test_naughty_strings(self, tmp_path: Path) -> None:
        for text in json.loads(NAUGHTY.read_text(encoding="utf-8")):
            cells = (tables.text_of(text),) * 3
            company_name(cells[0])
            try:
                read_house(Line(2, cells), {"register_code": 0, "address": 1, "company": 2}, locality="г. Калуга")
            except BadRow:
                continue
