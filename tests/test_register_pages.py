"""The register's pages: who serves a house, houses that nobody serves, binding with its preview, and the admin."""

import html
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from companies.models import Building, Company, District, Responsibility, Service, search_text_of
from companies.services import houses_without
from tests.admin_pages import page, signed_in
from tickets.tests.factories import BuildingFactory, CompanyFactory, LocalityFactory, answers_for

pytestmark = pytest.mark.django_db

BIND, GAPS = "register:bind", "register:gaps"


@pytest.fixture
def admin(client: Client) -> Client:
    return signed_in(client, role=Role.ADMIN)


@pytest.fixture
def house() -> Building:
    return BuildingFactory.create(street="ул. Кирова", house="20")


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


class TestWhoServesThisHouse:
    def test_every_service_or_nobody(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(name="УК «Свет»"), building=house)

        text = shown(admin.get(reverse("register:house", args=[house.pk])))

        assert "Управление домом: УК «Свет»" in text.replace("<b>", "").replace("</b>", "")
        assert "Дом: г. Калуга, ул. Кирова, 20 · с 01.01.2020" in text
        assert text.count("никто не отвечает") == Service.objects.count() - 1

    def test_what_differs_further_away_is_said(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(), building=house)
        Responsibility.objects.create(
            company=CompanyFactory.create(name="МУП «Город»"), service=Service.objects.get(code="management"),
            locality=house.locality, valid_from="2020-01-01",
        )  # fmt: skip

        text = shown(admin.get(reverse("register:house", args=[house.pk])))

        assert "Расходится: МУП «Город» (г. Калуга). Действует более близкая запись." in text

    def test_an_operator_reads_and_is_offered_no_change(self, client: Client, house: Building) -> None:
        text = shown(signed_in(client, role=Role.OPERATOR).get(reverse("register:house", args=[house.pk])))

        assert reverse(BIND) not in text
        assert "/admin/" not in text


class TestGaps:
    def test_houses_that_nobody_manages(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(), building=house)
        lost = BuildingFactory.create(street="ул. Солнечная", house="3")

        text = shown(admin.get(reverse(GAPS)))

        assert str(lost) in text
        assert str(house) not in text

    def test_of_another_service_and_of_a_street(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(), building=house)
        other = BuildingFactory.create(street="ул. Солнечная", house="3")
        gas = Service.objects.get(code="gas").pk

        text = shown(admin.get(reverse(GAPS), {"service": str(gas), "q": "киров"}))

        assert str(house) in text
        assert str(other) not in text

    def test_fifty_at_a_time(self, admin: Client) -> None:
        houses = BuildingFactory.create_batch(52, street="ул. Солнечная")

        first = admin.get(reverse(GAPS))
        second = admin.get(reverse(GAPS), {"after": first.context["after"], "service": first.context["service"].pk})

        assert [len(answer.context["houses"]) for answer in (first, second)] == [50, 2]
        assert second.context["houses"][-1] == houses[-1]
        assert second.context["after"] is None

    @pytest.mark.parametrize("asked", [{"service": "x"}, {"after": "-1"}, {"service": "9" * 30}, {"q": "\x00 '&|!:*"}])
    def test_nonsense_is_no_error(self, admin: Client, house: Building, asked: dict[str, str]) -> None:
        assert admin.get(reverse(GAPS), asked).status_code == 200

    def test_it_asks_little(self, admin: Client, django_assert_max_num_queries: Any) -> None:
        BuildingFactory.create_batch(20, street="ул. Солнечная")
        admin.get(reverse(GAPS))
        with django_assert_max_num_queries(9):
            admin.get(reverse(GAPS))


class TestBinding:
    def typed(self, company: Company, **given: Any) -> dict[str, Any]:
        service = Service.objects.get(code="management").pk
        return {"target": "houses", "services": [service], "company": company.pk, "since": "2026-06-01"} | given

    def test_a_preview_and_then_the_writing(self, admin: Client, house: Building) -> None:
        old, new = CompanyFactory.create(name="УК «Старая»"), CompanyFactory.create(name="УК «Новая»")
        answers_for(old, building=house)
        told = self.typed(new, locality=house.locality_id, street="кирова", replaces="on")

        text = shown(admin.post(reverse(BIND), told))
        assert "Начнут отвечать: 1" in text
        assert "Перестанут отвечать с этого дня: 1" in text
        assert Responsibility.objects.get().company == old

        answer = admin.post(reverse(BIND), told | {"confirm": "1"}, follow=True)
        assert "Записано: 1, закончено прежних: 1, оставлено как есть: 0." in shown(answer)
        rows = Responsibility.objects.order_by("valid_from").values_list("company", "valid_from", "valid_to")
        assert list(rows) == [
            (old.pk, date(2020, 1, 1), date(2026, 6, 1)), (new.pk, date(2026, 6, 1), None),
        ]  # fmt: skip

    def test_whoever_is_there_stays_unless_replaced(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(name="УК «Старая»"), building=house)
        told = self.typed(CompanyFactory.create(), locality=house.locality_id)

        text = shown(admin.post(reverse(BIND), told))

        assert "Мешают: эти дни заняты, и они останутся: 1" in text
        assert "Менять нечего" in shown(admin.post(reverse(BIND), told | {"confirm": "1"}))

    def test_one_side_of_a_part_of_the_street(self, admin: Client) -> None:
        houses = [
            BuildingFactory.create(street="ул. Кирова", house=number) for number in ("1", "2", "4к1", "40", "б/н")
        ]
        company = CompanyFactory.create()
        told = self.typed(
            company, locality=houses[0].locality_id, street="Кирова", house_from="1", house_to="20", parity="even"
        )
        admin.post(reverse(BIND), told | {"confirm": "1"})

        bound = Responsibility.objects.filter(company=company).values_list("building__house", flat=True)
        assert sorted(bound) == ["2", "4к1"]

    def test_as_one_row_of_the_street_of_the_locality_and_of_the_district(self, admin: Client, house: Building) -> None:
        company, district = CompanyFactory.create(), District.objects.create(name="Ленинский округ")
        place = {"locality": house.locality_id, "street": "ул. Кирова", "house_to": "40", "district": district.pk}
        for target in ("street", "locality", "district"):
            admin.post(reverse(BIND), self.typed(company, **place, target=target, confirm="1"))

        kinds = [row.target for row in Responsibility.objects.order_by("pk")]
        assert kinds == ["street", "locality", "district"]
        assert Responsibility.objects.earliest("pk").where == "г. Калуга, ул. Кирова, по 40"

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({}, "Выберите населённый пункт."),
            ({"target": "street"}, "Выберите населённый пункт."),
            ({"target": "district"}, "Выберите район."),
            ({"services": []}, "Отметьте хотя бы одну услугу."),
            ({"since": ""}, "Укажите день."),
            ({"until": "2026-05-01"}, "Срок должен кончаться позже, чем начинается."),
            ({"house_from": "9", "house_to": "8"}, "Последний дом не может быть меньше первого."),
        ],
    )
    def test_what_is_missing_is_said(
        self, admin: Client, house: Building, given: dict[str, Any], sentence: str
    ) -> None:
        assert sentence in shown(admin.post(reverse(BIND), self.typed(CompanyFactory.create()) | given))

    def test_an_unknown_street_is_said(self, admin: Client, house: Building) -> None:
        told = self.typed(CompanyFactory.create(), locality=house.locality_id, street="Несуществующая")

        assert "Такой улицы в этом населённом пункте нет" in shown(admin.post(reverse(BIND), told))

    def test_from_the_list_of_houses(self, admin: Client, house: Building) -> None:
        other = BuildingFactory.create(street="ул. Гагарина", house="5")
        sent = admin.post(
            page(Building, "changelist"),
            {"action": "give_to_organisation", "_selected_action": [house.pk, other.pk]},
        )
        answer = admin.get(sent["Location"])
        company = CompanyFactory.create()
        chosen = answer.context["form"]["houses"].value()
        admin.post(reverse(BIND), self.typed(company, houses=chosen, confirm="1"))

        assert set(Responsibility.objects.values_list("building", flat=True)) == {house.pk, other.pk}


class TestTheAdmin:
    def test_numbers_are_checked_with_russian_sentences(self, admin: Client) -> None:
        told = {"name": "УК «Свет»", "kind": "management", "inn": "7707083894", "kpp": "1", "ogrn": "1027700132196"}
        inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

        text = shown(admin.post(page(Company, "add"), told | inline))

        for sentence in ("В ИНН ошибка", "КПП — девять знаков", "В ОГРН ошибка"):
            assert sentence in text
        told |= {"inn": "7707 083893", "kpp": "773601001", "ogrn": "1027700132195", "head_phone": "8 4842 55-12-30"}
        assert admin.post(page(Company, "add"), told | inline).status_code == 302
        company = Company.objects.get()
        assert (company.inn, company.ogrn, str(company.head_phone)) == ("7707083893", "1027700132195", "+74842551230")

    def test_a_branch_of_known_numbers_is_refused_twice(self, admin: Client) -> None:
        CompanyFactory.create(inn="7707083893", kpp="773601001")
        told = {"name": "Другая", "kind": "management", "inn": "7707083893", "kpp": "773601001"}
        inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

        text = shown(admin.post(page(Company, "add"), told | inline))

        assert "Организация с такими ИНН и КПП уже есть в реестре." in text

    def test_a_row_that_overlaps_is_refused_with_a_sentence(self, admin: Client, house: Building) -> None:
        answers_for(CompanyFactory.create(), building=house)
        company, service = CompanyFactory.create(), Service.objects.get(code="management")
        told = {"company": company.pk, "service": service.pk, "valid_from": "01.01.2026", "parity": "all"}

        text = shown(admin.post(page(Responsibility, "add"), told | {"building": house.pk}))
        assert "В эти дни за эту услугу в доме уже отвечает организация." in text
        text = shown(
            admin.post(page(Responsibility, "add"), told | {"building": house.pk, "locality": house.locality_id})
        )
        assert "Укажите что-то одно" in text
        street = told | {"locality": house.locality_id, "street": "Кирова"}
        assert admin.post(page(Responsibility, "add"), street).status_code == 302
        assert Responsibility.objects.latest("pk").street == "ул. Кирова"

    @pytest.mark.parametrize(
        ("typed", "found"),
        [("УК «Свет»", 2), ("кирова 20", 1), ("Обнинск", 1), ("округ", 1), ("нет такого", 0), ("", 3)],
    )
    def test_responsibilities_are_found_by_whom_and_where(
        self, admin: Client, house: Building, typed: str, found: int
    ) -> None:
        company = answers_for(CompanyFactory.create(name="УК «Свет»"), building=house).company
        service = Service.objects.get(code="management")
        district = District.objects.create(name="Ленинский округ")
        Responsibility.objects.create(company=company, service=service, district=district, valid_from="2020-01-01")
        Responsibility.objects.create(
            company=CompanyFactory.create(name="МУП"), service=service, valid_from="2020-01-01",
            locality=LocalityFactory.create(name="г. Обнинск"),
        )  # fmt: skip

        answer = admin.get(page(Responsibility, "changelist"), {"q": typed})

        assert answer.context["cl"].result_count == found

    @pytest.mark.parametrize("target", ["building", "street", "locality", "district"])
    @pytest.mark.parametrize("valid", ["today", "past", "later"])
    def test_filters(self, admin: Client, house: Building, target: str, valid: str) -> None:
        answers_for(CompanyFactory.create(), building=house)

        answer = admin.get(page(Responsibility, "changelist"), {"target": target, "valid": valid})

        assert answer.context["cl"].result_count == (target == "building" and valid == "today")

    @pytest.mark.parametrize("model", [Building, Company, Responsibility])
    def test_lists_ask_as_much_for_many_as_for_one(self, admin: Client, house: Building, model: type[Any]) -> None:
        company = CompanyFactory.create()
        answers_for(company, building=house)
        url = page(model, "changelist")
        admin.get(url)
        with CaptureQueriesContext(connection) as few:
            admin.get(url)
        for other in BuildingFactory.create_batch(9, street="ул. Гагарина"):
            answers_for(CompanyFactory.create(), building=other)
        with CaptureQueriesContext(connection) as many:
            admin.get(url)

        assert len(many) <= len(few), [query["sql"] for query in many.captured_queries]


class TestManyHouses:
    """No page may read the whole register: asked of the planner over enough rows for it to care."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _houses(cls, rows_of_class: None) -> None:
        locality = LocalityFactory.create()
        Building.objects.bulk_create(
            Building(
                locality=locality, street=f"ул. Садовая {number % 50}-я", house=str(number // 50 + 1),
                search_text=search_text_of(locality.name, f"ул. Садовая {number % 50}-я", str(number // 50 + 1)),
            )
            for number in range(20_000)
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE; ANALYZE companies_building; SET ROLE dispatch_app")

    @pytest.mark.parametrize("text", ["садовая 12 35", "калуга, садовая 7-я, 120", "нетакой", "ёлочная 3"])
    def test_searching_reads_no_whole_table(self, text: str) -> None:
        plan = Building.objects.with_locality().search(text).order_by("-pk")[:50].explain()

        assert "building_by_words" in plan
        assert "Seq Scan on companies_building" not in plan

    def test_what_many_houses_have_is_found_from_the_newest_on(self) -> None:
        plan = Building.objects.with_locality().search("садовая").order_by("-pk")[:50].explain()

        assert "Seq Scan on companies_building" not in plan

    def test_the_list_begins_at_its_index(self, admin: Client) -> None:
        with CaptureQueriesContext(connection) as asked:
            admin.get(page(Building, "changelist"))
        rows = [query["sql"] for query in asked.captured_queries if 'FROM "companies_building"' in query["sql"]]
        assert rows
        for sql in rows:
            if "COUNT(" in sql:
                continue
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on companies_building" not in plan, plan

    def test_a_long_list_is_not_counted(self, admin: Client) -> None:
        with CaptureQueriesContext(connection) as asked:
            answer = admin.get(page(Building, "changelist"))

        assert not [query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"]]
        assert answer.context["cl"].result_count == 20_000

    def test_gaps_are_found_without_reading_them_all(self) -> None:
        found = houses_without(Service.objects.get(code="management"), day=date(2026, 6, 1))
        plan = found.with_locality().order_by("pk")[:51].explain()

        assert "Seq Scan on companies_building" not in plan, plan
