"""Numbers as they are frozen: plain values beside what is printed of them, their canonical JSON, and what changed.

A sheet is {finding, facts, groups, sections}: of each cell the value (a number or nothing), its text, and on a page
that is alive the query of its rows.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from accounts.moments import clocklength

from .catalogue import Cell, Fact, Report, Section
from .catalogue.base import Value
from .catalogue.weekly import GROUPS, finding

Sheet = dict[str, Any]
# Between a number and what belongs to it.
THIN = "\u00a0"


def printed(value: Value, unit: str) -> str:
    """A value as people read it. None is no data, which is not nought."""
    if value is None:
        return _("нет данных")
    if isinstance(value, str):
        return value
    match unit:
        case "seconds":
            told = clocklength(float(value))
            return f"{told}{THIN}{_('мин')}" if ":" in told else told
        case "hours":
            return f"{float(value) / 3600:.1f}{THIN}{_('ч')}".replace(".", ",")
        case "percent":
            return f"{value}{THIN}%".replace(".", ",")
        case "mean":
            return f"{value:.1f}".replace(".", ",")
    return f"{value:,}".replace(",", THIN)


def number(value: Value) -> int | float | str | None:
    """The same as JSON holds it."""
    return float(value) if isinstance(value, Decimal) else value


def sheet_of(report: Report) -> Sheet:
    """Everything that the week prints."""
    return {
        "finding": finding(report),
        "facts": [_fact(fact) for fact in report.facts],
        "sections": [_section(section) for section in report.sections],
    }


def _fact(fact: Fact) -> dict[str, Any]:
    group = next(name for name, codes in GROUPS.items() if fact.code in codes)
    return {"code": fact.code, "group": group, "label": str(fact.label), "unit": fact.cell.unit} | _cell(fact.cell) | {
        "before": number(fact.cell.before), "before_text": printed(fact.cell.before, fact.cell.unit),
    }  # fmt: skip


def _section(section: Section) -> dict[str, Any]:
    return {
        "code": section.code, "title": section.title, "of": str(section.of),
        "columns": [{"code": column.code, "title": str(column.title), "unit": column.unit}
                    for column in section.columns],
        "lines": [{"key": ":".join(map(str, line.key)), "label": line.label,
                   "cells": [_cell(cell) for cell in line.cells]} for line in section.lines],
    }  # fmt: skip


def _cell(cell: Cell) -> dict[str, Any]:
    return {"value": number(cell.value), "text": printed(cell.value, cell.unit), "query": cell.query}


def bare(part: Any) -> Any:
    """The same without the ways to its rows: these belong to the page and not to the paper."""
    if isinstance(part, Mapping):
        return {key: bare(value) for key, value in part.items() if key != "query"}
    return [bare(one) for one in part] if isinstance(part, list) else part


def canonical(content: Any) -> str:
    """One way to write it: by this everybody finds the same digest."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def seen_of(sheet: Sheet) -> str:
    """By this a form says which numbers its reader had before him."""
    return digest_of(canonical(bare(sheet)))


# ── What changed ─────────────────────────────────────────────────────────────────────────────────────────────────
Place = tuple[str, str, str]


def changes(said: Sheet, found: Sheet) -> list[dict[str, Any]]:
    """Each cell of the week that is otherwise now: where, was, became. What the week before was is not of this week.

    What only one of the two sheets has a fact or a column for was added to the report or left it, and is no change.
    """
    both = _kinds(said) & _kinds(found)
    was, became = (
        {place: cell for place, cell in _places(sheet) if (place[0], place[1 if place[0] == "facts" else 2]) in both}
        for sheet in (said, found)
    )
    told = []
    for place in [*became, *(place for place in was if place not in became)]:
        before, now = was.get(place, ABSENT), became.get(place, ABSENT)
        if before["value"] != now["value"] or (place in was) != (place in became):
            told.append({
                "place": list(place), "where": (now if place in became else before)["where"],
                "was": before["value"], "was_text": before["text"], "became": now["value"], "became_text": now["text"],
                "query": now.get("query", ""),
            })  # fmt: skip
    return told


def seen_of_changes(told: list[dict[str, Any]]) -> str:
    """The same of a correction that is not made yet."""
    return digest_of(canonical([{key: one[key] for key in ("place", "was", "became")} for one in told]))


# A line that is not among the five.
ABSENT: dict[str, Any] = {"value": None, "text": "—"}


def _kinds(sheet: Sheet) -> set[tuple[str, str]]:
    return {("facts", fact["code"]) for fact in sheet["facts"]} | {
        (section["code"], column["code"]) for section in sheet["sections"] for column in section["columns"]
    }


def _places(sheet: Sheet) -> Iterator[tuple[Place, dict[str, Any]]]:
    for fact in sheet["facts"]:
        yield ("facts", fact["code"], ""), fact | {"where": fact["label"]}
    for section in sheet["sections"]:
        for line in section["lines"]:
            for column, cell in zip(section["columns"], line["cells"], strict=True):
                where = f"{SECTIONS[section['code']]()} · {line['label']} · {column['title']}"
                yield (section["code"], line["key"], column["code"]), cell | {"where": where}


# What a section is called where its finding would mislead: that changes with the numbers.
SECTIONS = {
    "worst": lambda: _("Худшие по рейтингу"), "best": lambda: _("Лучшие по рейтингу"),
    "escalations": lambda: _("Эскалации"), "outages": lambda: _("Отключения"),
    "categories": lambda: _("Частые категории"),
}  # fmt: skip
