"""One row of an old log, understood: what is known goes into fields, what is not stays in words."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.phones import Phone, WrongPhone, parse_phone
from accounts.writes import Refused
from companies.imports.tables import Line
from companies.imports.values import said
from tickets.models import Category

from .moments import WrongMoment, moment
from .words import Where, Words

T = TypeVar("T")

# Most of what stands in logs; everything else is read by the library.
_PLAIN = re.compile(r"^(?:\+?7|8)[\s(-]*(\d{3})[\s)-]*(\d{3})[\s-]*(\d{2})[\s-]*(\d{2})$")
LONGEST_TEXT, LONGEST_NUMBER, LONGEST_NAME = 8_000, 40, 200


class BadRow(Refused):
    """A row that cannot be a ticket; the sentence says why."""

    code = "bad_row"


@dataclass(slots=True)
class Old:
    """``kept``: what the log said and no field of ours holds. ``remarks``: what somebody should look at."""

    row: int
    key: UUID
    number: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    category: Category
    where: Where
    company: int | None
    phone: Phone
    caller: str
    channel: str
    text: str
    kept: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class OldLog:
    """Reads rows of one file. ``places``: field → position of its column."""

    def __init__(self, places: Mapping[str, int], words: Words, *, zone: ZoneInfo, prefix: str, at: datetime) -> None:
        self.places, self.words, self.zone, self.prefix, self.at = places, words, zone, prefix, at
        self._told: set[str] = set()

    def is_open(self, line: Line) -> bool:
        """Before anything else of the row is read: how many calls there will be to spread."""
        return not said(self._cell(line, "closed")) and not self.words.says_closed(self._cell(line, "status"))

    def read(self, line: Line) -> Old:
        """Raises BadRow."""

        def cell(name: str) -> str:
            return said(self._cell(line, name))

        remarks: list[str] = []
        kept: list[str] = []
        opened = self._moment(cell("opened"), _("открыта"), remarks)
        if opened is None:
            raise BadRow(_("Не понято, когда заявка открыта: «%s».") % cell("opened")[:60])
        if opened > self.at:
            raise BadRow(_("Заявка открыта в будущем: «%s».") % cell("opened")[:60])
        due = self._moment(cell("due"), _("срок"), remarks, kept, is_end=True)
        closed = self._closed(cell, opened, due, remarks, kept)
        self._judge(opened, due, closed, remarks)
        number = self._number(cell("number"), remarks, kept)
        category = self._known(cell("category"), _("Категория"), self.words.category, remarks, kept)
        channel = self._known(cell("channel"), _("Канал"), self.words.channel, remarks, kept)
        where = self.words.where(
            address=cell("address"), locality=cell("locality"), street=cell("street"), house=cell("house"),
            flat=cell("flat"),
        )  # fmt: skip
        if where.remark:
            remarks.append(where.remark)
        if cell("address") or cell("street"):
            kept.append(_("Адрес: %s") % (cell("address") or f"{cell('street')}, {cell('house')}"))
        return Old(
            row=line.number, key=self._key(number, line), number=number, opened_at=opened, due_at=due, closed_at=closed,
            category=category, where=where, company=self._company(cell("company"), remarks, kept),
            phone=self._phone(cell("phone"), remarks, kept), caller=cell("caller")[:LONGEST_NAME], channel=channel,
            text=self._text(cell, category, kept), kept=kept, remarks=remarks,
        )  # fmt: skip

    def _cell(self, line: Line, name: str) -> str:
        at = self.places.get(name)
        return line.cells[at] if at is not None and at < len(line.cells) else ""

    def _key(self, number: str, line: Line) -> UUID:
        """The same row of the same log is the same ticket, however often it is read."""
        told = f"old-number\n{number}" if number else "old-row\n" + "\x1f".join((self.prefix, *line.cells))
        return UUID(bytes=hashlib.sha256(told.encode()).digest()[:16], version=4)

    # ── Its times ────────────────────────────────────────────────────────────────────────────────────────────────
    def _moment(
        self, text: str, title: str, remarks: list[str], kept: list[str] | None = None, *, is_end: bool = False
    ) -> datetime | None:
        try:
            found, remark = moment(text, self.zone, is_end=is_end)
        except (WrongMoment, OverflowError):
            if kept is not None:
                remarks.append(_("Не понято время «%(title)s»: «%(text)s».") % {"title": title, "text": text[:60]})
                kept.append(f"{title}: {text}")
            return None
        if remark:
            remarks.append(remark)
        return found

    def _closed(
        self, cell: Callable[[str], str], opened: datetime, due: datetime | None, remarks: list[str], kept: list[str]
    ) -> datetime | None:
        status = cell("status")
        if status:
            kept.append(_("Состояние: %s") % status)
        closed = self._moment(cell("closed"), _("закрыта"), remarks, kept, is_end=True)
        if closed is not None:
            return closed
        if not cell("closed") and not self.words.says_closed(status):
            return None
        # It is over, but when is not known: no later than its term, or than now.
        if "closed" in self.places or self._is_news("closed"):
            remarks.append(_("Когда закрыта, не сказано: записано по сроку или по времени импорта."))
        return max(opened, min(due or self.at, self.at))

    def _judge(self, opened: datetime, due: datetime | None, closed: datetime | None, remarks: list[str]) -> None:
        if closed is not None and closed < opened:
            remarks.append(_("Закрыта раньше, чем открыта: времена оставлены, как в журнале."))
        if closed is not None and closed > self.at + timedelta(days=1):
            remarks.append(_("Закрыта в будущем: время оставлено, как в журнале."))
        if due is not None and due < opened:
            remarks.append(_("Срок раньше, чем открыта: времена оставлены, как в журнале."))

    # ── Its words ────────────────────────────────────────────────────────────────────────────────────────────────
    def _known(
        self, text: str, title: str, ask: Callable[[str], tuple[T, bool]], remarks: list[str], kept: list[str]
    ) -> T:
        found, is_known = ask(text)
        if text:
            kept.append(f"{title}: {text}")
        if not is_known and self._is_news(f"{title}: {text}"):
            told = {"title": title, "text": text[:100]}
            remarks.append(_("Не знакомо: %(title)s «%(text)s»; слова оставлены в журнале заявки.") % told)
        return found

    def _is_news(self, what: str) -> bool:
        """Whether it is to be remarked on: the same of every row would hide the rows that somebody has to look at."""
        is_news = what not in self._told
        self._told.add(what)
        return is_news

    def _number(self, text: str, remarks: list[str], kept: list[str]) -> str:
        if not text:
            return ""
        number = f"{self.prefix}{text}"
        if len(number) <= LONGEST_NUMBER:
            return number
        remarks.append(_("Номер длиннее %s знаков: записан в журнал заявки.") % LONGEST_NUMBER)
        kept.append(_("Номер: %s") % text)
        return ""

    def _company(self, text: str, remarks: list[str], kept: list[str]) -> int | None:
        company = self.words.company(text)
        if text:
            kept.append(_("Организация: %s") % text)
            if company is None and self._is_news(f"company: {text}"):
                remarks.append(_("Организации «%s» нет в реестре.") % text[:100])
        return company

    def _phone(self, text: str, remarks: list[str], kept: list[str]) -> Phone:
        if not text:
            return Phone("")
        if plain := _PLAIN.match(text):
            return Phone("+7" + "".join(plain.groups()))
        try:
            return parse_phone(text)
        except WrongPhone:
            remarks.append(_("Телефон не понят."))
            kept.append(_("Телефон: %s") % text)
            return Phone("")

    def _text(self, cell: Callable[[str], str], category: Category, kept: list[str]) -> str:
        text = cell("text")
        if len(text) > LONGEST_TEXT:
            kept.append(_("Конец текста: %s") % text[LONGEST_TEXT:])
        return text[:LONGEST_TEXT] or cell("category")[:LONGEST_TEXT] or category.problem
