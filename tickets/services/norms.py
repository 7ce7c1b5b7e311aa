"""Loading categories and norms from the dated files: law is data with an address."""

import tomllib
from pathlib import Path
from typing import Any

from accounts.writes import write
from callbacks.services import load_clock_rules
from companies.models import Service
from tickets.models import Category, Norm

FOLDER = Path(__file__).parent.parent / "norms"
CATEGORY_FIELDS = (
    "place", "group", "problem", "is_emergency", "is_danger", "script", "responsible_kind", "also_notify", "position",
)  # fmt: skip
NORM_FIELDS = (
    "localise_minutes", "check_minutes", "fix_minutes", "summer_fix_minutes", "summer_from", "summer_to", "opens_at",
    "closes_at", "counts_from_damage", "reply_working_days", "text", "act", "mark", "own_columns",
)  # fmt: skip


@write
def load_norms(folder: Path = FOLDER) -> dict[str, int]:
    """Write services, categories, norms and the default rules of clocks that are missing; what is there stays as it is.

    A new edition of a law is a new file with a later ``valid_from``; an old row is never rewritten, because tickets
    were registered with it. Returns how many of each were added.
    """
    base = tomllib.loads((folder / "categories.toml").read_text(encoding="utf-8"))
    services = _add_services(base["service"])
    categories = _add_categories(base["category"])
    norms = 0
    for path in sorted(folder.glob("[0-9]*.toml")):
        norms += _add_norms(tomllib.loads(path.read_text(encoding="utf-8")))
    return {"services": services, "categories": categories, "norms": norms, "rules": load_clock_rules()}


def _add_services(rows: list[dict[str, Any]]) -> int:
    known = set(Service.objects.values_list("code", flat=True))
    added = [Service(code=row["code"], title=row["title"]) for row in rows if row["code"] not in known]
    return len(Service.objects.bulk_create(added))


def _add_categories(rows: list[dict[str, Any]]) -> int:
    known = set(Category.objects.values_list("code", flat=True))
    services = {service.code: service for service in Service.objects.all()}
    added = [
        Category(
            code=row["code"],
            service=services[row["service"]],
            **{name: row[name] for name in CATEGORY_FIELDS if name in row},
        )
        for row in rows
        if row["code"] not in known
    ]
    return len(Category.objects.bulk_create(added))


def _add_norms(document: dict[str, Any]) -> int:
    valid_from = document["valid_from"]
    known = set(Norm.objects.filter(valid_from=valid_from).values_list("category__code", flat=True))
    categories = {category.code: category for category in Category.objects.all()}
    added = [
        Norm(
            category=categories[row["category"]],
            valid_from=valid_from,
            **{name: row[name] for name in NORM_FIELDS if name in row},
        )
        for row in document["norm"]
        if row["category"] not in known
    ]
    return len(Norm.objects.bulk_create(added))
