"""The weekly as a PDF: set by Typst from what is frozen, the same bytes for the same content.

All that was typed or counted reaches it as data (JSON in its inputs) and is never read as markup. Only the typefaces
within the library are used: those of a machine would make other bytes.
"""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from .frozen import Sheet
from .models import WeeklyReport
from .services.weekly import LANGUAGE

SHEET = Path(settings.BASE_DIR) / "templates" / "reports" / "weekly.typ"


def signed_pdf(report: WeeklyReport) -> bytes:
    """The report as it was signed, and a page with each of its corrections."""
    return _set(signed_data(report))


def signed_data(report: WeeklyReport) -> dict[str, Any]:
    """All that is printed of it."""
    with override(LANGUAGE):
        paper = report.paper
        corrections = [_correction(one.paper, one.digest) for one in report.corrections.order_by("number")]
        head = _("Недельная сводка № %s") % paper["number"]
        return _page(paper["sheet"], head, report.week, _moment(paper["as_of"])) | {
            "note": paper["note"], "sign": _sign(paper, report.digest), "corrections": corrections, "draft": "",
        }  # fmt: skip


def draft_pdf(sheet: Sheet, week: date, as_of: datetime) -> bytes:
    """The week as it is known now, under a watermark."""
    with override(LANGUAGE):
        return _set(_page(sheet, _("Недельная сводка, не подписана"), week, _moment(as_of.isoformat())) | {
            "note": "", "sign": [], "corrections": [], "draft": _("ПРОЕКТ"),
        })  # fmt: skip


def _set(data: dict[str, Any]) -> bytes:
    made = typst.compile(SHEET.read_bytes(), format="pdf", sys_inputs=inputs(data), ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made


def inputs(data: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}


def _page(sheet: Sheet, head: str, week: date, as_of: str) -> dict[str, Any]:
    until = date.fromordinal(week.toordinal() + 6)
    return {
        "service": _("Единая диспетчерская служба ЖКХ"),
        "head": head,
        "days": _("%(first)s — %(last)s, числа по состоянию на %(at)s") % {
            "first": f"{week:%d.%m.%Y}", "last": f"{until:%d.%m.%Y}", "at": as_of,
        },
        "finding": sheet["finding"],
        "facts": [[fact["label"], fact["text"], fact["before_text"]] for fact in sheet["facts"]],
        "sections": [
            {
                "title": section["title"],
                "head": [section["of"], *(column["title"] for column in section["columns"])],
                "rows": [[line["label"], *(cell["text"] for cell in line["cells"])] for line in section["lines"]],
            }
            for section in sheet["sections"]
        ],
        "words": {
            "fact": _("Показатель"), "now": _("За неделю"), "before": _("Неделей раньше"), "none": _("Нет данных"),
            "note": _("Пояснение руководителя"), "where": _("Где"), "was": _("Было"), "became": _("Стало"),
            "why": _("Почему"),
        },
    }  # fmt: skip


def _sign(paper: dict[str, Any], digest: str) -> list[list[str]]:
    return [
        [_("Подписано"), f"{paper['signer']['name']}, {paper['signer']['post']}"],
        [_("Когда"), _moment(paper["signed_at"])],
        ["SHA-256", digest],
    ]


def _correction(paper: dict[str, Any], digest: str) -> dict[str, Any]:
    return {
        "head": _("Поправка № %(number)s к сводке № %(report)s") % {
            "number": paper["correction"], "report": paper["number"],
        },
        "days": _("Числа по состоянию на %s") % _moment(paper["as_of"]),
        "why": paper["note"],
        "rows": [[one["where"], one["was_text"], one["became_text"]] for one in paper["changes"]],
        "sign": _sign(paper, digest),
    }  # fmt: skip


def _moment(told: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(told)):%d.%m.%Y %H:%M}"
