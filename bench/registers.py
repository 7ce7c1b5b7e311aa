"""The register's pages over a hundred thousand houses: lists, searches, pages of a row, what a choice of it loads."""

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg2

from dispatch_center.local.postgres import Postgres
from dispatch_center.local.stack import LocalStack

from .load import Load
from .stage import PRODUCTION, PUBLIC_HOST

if TYPE_CHECKING:
    from django.test import Client

HOUSES, COMPANIES, TOWNS, DISTRICTS = 100_000, 300, 40, 12
STREETS_OF_A_TOWN = 50
TIMES = 20


class Registers:
    def __init__(self, stack: LocalStack) -> None:
        os.environ |= stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        import django

        django.setup()
        self._load()
        with closing(psycopg2.connect(Postgres(stack.var).url())) as owner:
            owner.autocommit = True
            with owner.cursor() as cursor:
                cursor.execute(
                    "VACUUM ANALYZE companies_building, companies_responsibility, companies_company, companies_locality"
                )

    def _load(self) -> None:
        """Districts, towns, houses and organisations by COPY; each house managed, every town supplied."""
        from django.db import connection

        from companies.models import search_text_of

        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            districts = self._copied(
                cursor, "companies_district", ("name",), ((f"Район {n}",) for n in range(DISTRICTS))
            )
            towns = self._copied(
                cursor, "companies_locality", ("name", "district_id", "area_code"),
                ((f"г. Городок-{n}", districts[n % DISTRICTS], "48400") for n in range(TOWNS)),
            )  # fmt: skip
            companies = self._copied(
                cursor, "companies_company",
                ("name", "kind", "phone", "duty_phone", "email", "works_weekends", "is_active", "original_name", "inn",
                 "kpp", "ogrn", "contract_number", "head_name", "head_phone"),
                ((f"УК «Дом-{n}»", "management", "", "", "", "f", "t", "", "", "", "", "", "", "")
                 for n in range(COMPANIES)),
            )  # fmt: skip

            def houses() -> Iterator[tuple[Any, ...]]:
                for number in range(HOUSES):
                    town, rest = number % TOWNS, number // TOWNS
                    street, house = f"ул. Садовая {rest % STREETS_OF_A_TOWN}-я", f"{rest // STREETS_OF_A_TOWN + 1}"
                    yield towns[town], street, house, search_text_of(f"г. Городок-{town}", street, house), ""

            found = self._copied(
                cursor,
                "companies_building",
                ("locality_id", "street", "house", "search_text", "register_code"),
                houses(),
            )
            cursor.execute("SELECT id FROM companies_service ORDER BY code = 'management' DESC, id")
            services = [pk for (pk,) in cursor.fetchall()]
            columns = ("company_id", "service_id", "building_id", "locality_id", "street", "parity", "valid_from")
            self._copied(
                cursor, "companies_responsibility", columns,
                ((companies[n % COMPANIES], services[0], house, None, "", "all", "2024-01-01")
                 for n, house in enumerate(found)),
            )  # fmt: skip
            self._copied(
                cursor, "companies_responsibility", columns,
                ((companies[n % COMPANIES], service, None, town, "", "all", "2024-01-01")
                 for n, town in enumerate(towns) for service in services[1:5]),
            )  # fmt: skip
            cursor.execute("RESET statement_timeout")
        self.house, self.company, self.town = found[HOUSES // 2], companies[0], towns[0]

    @staticmethod
    def _copied(cursor: Any, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> list[int]:
        """The keys of the rows written, in their order."""
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        (last,) = cursor.fetchone()
        text = "".join(
            "\t".join("\\N" if value is None else str(value) for value in row) + "\n" for row in rows
        )  # fmt: skip
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(text))
        cursor.execute(f"SELECT id FROM {table} WHERE id > %s ORDER BY id", [last])
        return [pk for (pk,) in cursor.fetchall()]

    def pages(self) -> dict[str, object]:
        """Twenty askings for each page, database and template included; the first one is left out."""
        from companies.models import Responsibility

        client = self._administrator()
        row = Responsibility.objects.order_by("-pk")[HOUSES // 2].pk
        admin = "/admin/companies"
        urls = {
            "houses": f"{admin}/building/", "houses_page_1000": f"{admin}/building/?p=1000",
            "houses_search": f"{admin}/building/?q=городок-7+садовая+12+35",
            "houses_search_of_many": f"{admin}/building/?q=садовая",
            "houses_search_in_vain": f"{admin}/building/?q=нетакой",
            "house": f"{admin}/building/{self.house}/change/",
            "house_choice": "/admin/autocomplete/?app_label=companies&model_name=responsibility&field_name=building"
                            "&term=садовая+12+35",
            "companies": f"{admin}/company/", "company": f"{admin}/company/{self.company}/change/",
            "responsibilities": f"{admin}/responsibility/",
            "responsibilities_today": f"{admin}/responsibility/?valid=today",
            "responsibilities_search": f"{admin}/responsibility/?q=городок-7+садовая+12+35",
            "responsibilities_of_company": f"{admin}/responsibility/?q=Дом-17",
            "responsibility": f"{admin}/responsibility/{row}/change/",
            "who_serves": f"/register/houses/{self.house}/", "gaps_none": "/register/gaps/",
            "gaps_all": "/register/gaps/?service=1",
        }  # fmt: skip
        told: dict[str, object] = {"name": "admin_registers_100k", "register": HOUSES, "unit": "p95 ms"}
        for name, url in urls.items():
            told[name] = self._p95(partial(client.get, url, secure=True))
        plan = self._plan()
        told["bind_preview_2500"] = self._p95(partial(client.post, "/register/bind/", plan, secure=True))
        return told

    def _plan(self) -> dict[str, Any]:
        """A whole town, house by house, to another organisation."""
        return {
            "target": "houses", "locality": self.town, "services": ["1"], "company": self.company,
            "since": "2027-01-01", "replaces": "on",
        }  # fmt: skip

    @staticmethod
    def _p95(ask: Callable[[], Any]) -> float:
        load = Load(0)
        for _time in range(TIMES):
            begun = time.perf_counter()
            answer = ask()
            load.lengths.append(time.perf_counter() - begun)
            assert answer.status_code == 200, answer.status_code
        # The first asking loads templates and opens the connection.
        load.lengths = load.lengths[1:]
        return round(load.percentile_ms(0.95), 1)

    @staticmethod
    def _administrator() -> "Client":
        from django.test import Client

        from accounts.models import User

        client = Client(headers={"x-forwarded-proto": "https", "host": PUBLIC_HOST})
        client.force_login(User.objects.get(username="admin"), backend="accounts.backends.PasswordBackend")
        return client
