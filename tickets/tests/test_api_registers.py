"""Reference data through the API, and what strangers may throw at it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from callbacks.models import Contact
from tickets.models import Ticket
from tickets.tests.factories import WALL, BuildingFactory, CompanyFactory, category, client_of, member_of

pytestmark = pytest.mark.django_db

API = "/api/v1/"
# Beside the repository where the team keeps it; a checkout elsewhere runs without.
NAUGHTY = Path(settings.BASE_DIR).parent / "shared" / "data" / "naughty-strings"


def results(client: Any, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"{API}{path}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_the_centre_sees_all_organisations_and_each_of_them_itself() -> None:
    own, other = CompanyFactory.create(), CompanyFactory.create()
    CompanyFactory.create(is_active=False)
    assert [row["id"] for row in results(client_of(), "companies/")] == [own.pk, other.pk]
    assert results(client_of(member_of(own)), "companies/") == [{"id": own.pk, "name": own.name, "kind": "management"}]


def test_houses_are_found_by_words() -> None:
    wanted = BuildingFactory.create(street="ул. Берёзовая", house="20")
    BuildingFactory.create(house="21")
    row = {"id": wanted.pk, "locality": "г. Калуга", "street": "ул. Берёзовая", "house": "20"}
    assert results(client_of(), "buildings/?q=березовая 20") == [row]
    assert len(results(client_of(), "buildings/")) == 2


def test_categories_are_told_with_their_codes() -> None:
    codes = [row["code"] for row in results(client_of(), "categories/")]
    assert category().code in codes


@pytest.mark.parametrize("path", ["companies/", "buildings/", "categories/"])
def test_registers_cost_two_queries_and_the_wall(path: str, django_assert_max_num_queries: Any) -> None:
    client = client_of(member_of(CompanyFactory.create()))
    BuildingFactory.create()
    client.get(f"{API}{path}")
    with django_assert_max_num_queries(2 + WALL):
        results(client, path)


def test_the_description_is_complete_and_valid(tmp_path: Path) -> None:
    told = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(told))
    assert "/api/v1/callbacks/{id}/attempts/" in told.read_text(encoding="utf-8")


# ── Strange words ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.thorough
def test_naughty_strings_are_never_a_crash() -> None:
    files = sorted(NAUGHTY.glob("*.json")) if NAUGHTY.is_dir() else []
    if not files:
        pytest.skip(f"the list of naughty strings is not there: {NAUGHTY}")
    words = [word for file in files for word in json.loads(file.read_text(encoding="utf-8")) if isinstance(word, str)]
    assert len(words) > 400
    client = client_of()
    said: dict[int, int] = {}
    for word in words:
        for told in (
            {"text": word, "caller_name": word[:200], "address": {"street": word[:150], "house": word[:20]}},
            {"phone": word[:40], "channel": word, "category": word, "called_at": word, "building": word},
        ):
            usual = {
                "phone": "+79101234567",
                "category": "P03",
                "text": "Течёт",
                "address": {"street": "К", "house": "1"},
            }
            body = json.dumps(usual | told)
            answer = client.post(f"{API}tickets/", body, content_type="application/json")
            said[answer.status_code] = said.get(answer.status_code, 0) + 1
            assert answer.status_code in (201, 400), (word, answer.content)
    assert said[201] > 400
    kept = set(Ticket.objects.values_list("text", flat=True))
    assert {word.strip() for word in words if len(word) < 150 and word.strip()} & kept
    assert Contact.objects.count() == Ticket.objects.count()
