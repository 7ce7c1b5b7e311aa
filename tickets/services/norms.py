"""Loading categories and norms from the dated files: law is data with an address."""

import tomllib
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from accounts.writes import write
from callbacks.services import load_clock_rules
from companies.models import Service
from tickets.models import Category, Norm

FOLDER = Path(__file__).parent.parent / "norms"
CATEGORY_FIELDS = (
    "place", "group", "problem", "is_emergency", "is_danger", "script", "responsible_kind", "also_notify", "position",
    "keywords", "question", "repeat_hours", "repeat_scope",
)  # fmt: skip
# What older versions of the files did not know: written to rows that stand already, wherever nothing is written yet.
FILLED_IN_CATEGORIES = (("script",), ("keywords",), ("question",), ("repeat_hours", "repeat_scope"))
FILLED_IN_NORMS = (("fix_minutes_by_celsius",),)
NORM_FIELDS = (
    "localise_minutes", "check_minutes", "fix_minutes", "fix_minutes_by_celsius", "summer_fix_minutes", "summer_from",
    "summer_to", "opens_at", "closes_at", "counts_from_damage", "reply_working_days", "text", "act", "mark",
    "own_columns",
)  # fmt: skip


@write
def load_norms(folder: Path = FOLDER) -> dict[str, int]:
    """Write services, categories, norms and the default rules of clocks that are missing; what is there stays as it is.

    A new edition of a law is a new file with a later ``valid_from``; an old row is never rewritten, because tickets
    were registered with it. Only what a row does not say at all is filled in. Returns how many of each were added.
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
    known = {category.code: category for category in Category.objects.all()}
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
    standing = [(known[row["code"]], row) for row in rows if row["code"] in known]
    _fill_in(Category.objects.all(), standing, FILLED_IN_CATEGORIES)
    return len(Category.objects.bulk_create(added))


def _add_norms(document: dict[str, Any]) -> int:
    valid_from = document["valid_from"]
    known = {norm.category.code: norm for norm in Norm.objects.filter(valid_from=valid_from).select_related("category")}
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
    standing = [(known[row["category"]], row) for row in document["norm"] if row["category"] in known]
    _fill_in(Norm.objects.all(), standing, FILLED_IN_NORMS)
    return len(Norm.objects.bulk_create(added))


def _fill_in(
    table: QuerySet[Any], standing: list[tuple[Any, dict[str, Any]]], groups: tuple[tuple[str, ...], ...]
) -> None:
    """Write what the file says and the row does not; fields of one group only together."""
    changed = []
    for row, said in standing:
        before = [getattr(row, name) for group in groups for name in group]
        for group in groups:
            if not any(getattr(row, name) for name in group):
                for name in group:
                    setattr(row, name, said.get(name, getattr(row, name)))
        if before != [getattr(row, name) for group in groups for name in group]:
            changed.append(row)
    if changed:
        table.bulk_update(changed, [name for group in groups for name in group])
