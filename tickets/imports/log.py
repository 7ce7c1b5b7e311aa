"""Bringing an old log in: its tickets as they were, no alarm for what is past, one fresh call to each who still waits.

Pieces are transactions, as for the register: what was written is found again by its number, so going on is running it
again. What is closed is born closed, both its promises waived as imported; what is open owes one call on a day to come,
and its term runs where it lies ahead.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zlib import crc32

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Clock, Contact, Deadline, Mark
from callbacks.services import rules_in_force
from callbacks.services.promises import new_deadline
from callbacks.services.rules import Rules
from companies.imports.register import alone
from companies.imports.report import BadRows, Report
from companies.imports.tables import Line, Table
from tickets.models import Holding, Ticket, TicketDeadline, TicketEvent, TicketPromise
from tickets.workflow import Status

from .old import BadRow, Old, OldLog
from .sets import insert, reserve
from .slots import slots

PIECE = 1_000
ALONE = crc32(b"tickets.import_tickets")
IMPORTER = "old-log"
Reason, State = CallbackObligation.Reason, CallbackObligation.State
CONTACT = (
    "id", "received_at", "channel", "phone", "extension", "no_phone_reason", "caller_name", "taken_by", "ended_as",
    "note",
)  # fmt: skip
WAIVED = (
    "id", "contact", "reason", "state", "promised_at", "is_danger", "counted_attempts", "occurrences", "number",
    "extension", "settled_at", "waiver", "waiver_note", "waived_by",
)  # fmt: skip
TICKET = (
    "id", "contact", "callback", "control_callback", "status", "category", "is_emergency", "text", "building",
    "locality_name", "street", "house", "entrance", "floor", "flat", "company", "registered_by", "registered_at",
    "transferred_at", "planned_at", "done_at", "closed_at", "works", "act_number", "returns", "intake_key",
    "imported_at", "old_number",
)  # fmt: skip
EVENT = (
    "id", "ticket", "step", "actor", "from_status", "to_status", "company", "happened_at", "reason", "note", "details",
)  # fmt: skip
TURN = ("ticket", "company", "started_at", "ended_at", "left_by")


class AnotherImport(Refused):
    message = gettext_lazy("Сейчас идёт другой импорт журнала. Дождитесь его конца.")
    code = "another_import"


class LogChanged(Refused):
    message = gettext_lazy("Номера из этого файла в то же время записал кто-то другой. Повторите импорт.")
    code = "log_changed"


def importer() -> User:
    """In whose name the tickets of the old log stand; nobody signs in as him."""
    user, is_new = User.objects.get_or_create(
        username=IMPORTER, defaults={"last_name": str(_("Прежний журнал")), "role": Role.OPERATOR, "is_active": False}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def import_tickets(
    table: Table, log: OldLog, *, at: datetime, days: int, is_dry: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:  # fmt: skip
    """Write the tickets of ``table``, or with ``is_dry`` only say what would be written.

    Raises AnotherImport, UnreadableFile, LogChanged; what was written before stays.
    """
    report = Report(BadRows(table.header))
    with alone(ALONE, AnotherImport):
        moments = slots(sum(map(log.is_open, table)), at=at, days=days)
        seen: dict[str, int] = {}
        done = 0
        rows = iter(table)
        while lines := list(islice(rows, PIECE)):
            read = list(_read(lines, log, seen, report))
            try:
                if not is_dry:
                    _write(read, report, moments=moments, at=at)
                else:
                    report.counts.update(_counted(read))
            except IntegrityError as error:
                if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") in KNOWN_TWICE:
                    raise LogChanged from error
                raise
            done += len(lines)
            progress(done)
    report.counts["rows"] = done
    for name in ("queue", "tickets"):
        alarms.tell_screens(name)
    return report


KNOWN_TWICE = frozenset({"ticket_old_number_once", "tickets_ticket_intake_key_key"})


def _read(lines: Sequence[Line], log: OldLog, seen: dict[str, int], report: Report) -> Iterator[Old]:
    for line in lines:
        try:
            old = log.read(line)
        except BadRow as refusal:
            report.error(line.number, line.cells, str(refusal.message))
            continue
        if (before := seen.setdefault(str(old.key), line.number)) != line.number:
            told = _("То же самое уже было в строке %s: повтор пропущен.")
            if old.number:
                told = _("Этот номер уже был в строке %s: строка пропущена.")
            report.error(line.number, line.cells, told % before)
            continue
        for remark in old.remarks:
            report.remark(line.number, line.cells, remark)
        yield old


def _counted(rows: Sequence[Old]) -> "Counter[str]":
    return Counter(created=len(rows), still_open=sum(old.closed_at is None for old in rows))


@dataclass(slots=True)
class _Ids:
    contact: int
    ticket: int
    first: int
    control: int | None


@write
def _write(rows: Sequence[Old], report: Report, *, moments: Iterator[datetime], at: datetime) -> None:
    known = set(Ticket.objects.filter(intake_key__in=[old.key for old in rows]).values_list("intake_key", flat=True))
    new = [old for old in rows if old.key not in known]
    report.counts["already_there"] += len(known)
    report.counts.update(_counted(new))
    if not new:
        return
    by = importer()
    ids = _ids(new)
    insert(Contact, CONTACT, [_contact(old, of, by) for old, of in zip(new, ids, strict=True)])
    waived = [row for old, of in zip(new, ids, strict=True) for row in _waived(old, of, by, at)]
    insert(CallbackObligation, WAIVED, waived)
    insert(Ticket, TICKET, [_ticket(old, of, by, at) for old, of in zip(new, ids, strict=True)])
    lines = [row for old, of in zip(new, ids, strict=True) for row in _events(old, of, by, at)]
    keys = reserve(TicketEvent, len(lines))
    insert(TicketEvent, EVENT, [(key, *line) for key, line in zip(keys, lines, strict=True)])
    # The last line of each is the one that brought it here.
    brought = dict(zip((line[0] for line in lines), keys, strict=True))
    turns = [_turn(old, of, brought[of.ticket], at) for old, of in zip(new, ids, strict=True) if old.company]
    insert(Holding, TURN, turns)
    waiting = [(old, of) for old, of in zip(new, ids, strict=True) if old.closed_at is None]
    rules = rules_in_force() if waiting else {}
    _promise(waiting, moments, rules, by=by, at=at)
    _start_terms(waiting, rules, at=at)


def _ids(rows: Sequence[Old]) -> list[_Ids]:
    contacts, tickets = reserve(Contact, len(rows)), reserve(Ticket, len(rows))
    promises = iter(reserve(CallbackObligation, sum(2 if old.closed_at else 1 for old in rows)))
    return [
        _Ids(contact, ticket, next(promises), next(promises) if old.closed_at else None)
        for old, contact, ticket in zip(rows, contacts, tickets, strict=True)
    ]


def _contact(old: Old, of: _Ids, by: User) -> Sequence[Any]:
    reason = "" if old.phone.number else Contact.NoPhone.NOT_GIVEN
    return (
        of.contact, old.opened_at, old.channel, old.phone.number, old.phone.extension, reason, old.caller, by.pk,
        Contact.EndedAs.TICKET, "",
    )  # fmt: skip


def _waived(old: Old, of: _Ids, by: User, at: datetime) -> Iterator[Sequence[Any]]:
    """What was promised then, and whether it was kept, nobody knows: no clock, no number, and a reason that says so."""
    kinds = [(of.first, Reason.FIRST_ANSWER)]
    if of.control is not None:
        kinds.append((of.control, Reason.CONTROL_CALL))
    for pk, reason in kinds:
        yield (
            pk, of.contact, reason, State.WAIVED, old.opened_at, False, 0, 1, "", "", at,
            CallbackObligation.Waiver.IMPORTED, "", by.pk,
        )  # fmt: skip


def _ticket(old: Old, of: _Ids, by: User, at: datetime) -> Sequence[Any]:
    status = _status(old)
    return (
        of.ticket, of.contact, of.first, of.control, status, old.category.pk, old.category.is_emergency, old.text,
        old.where.building, old.where.locality, old.where.street, old.where.house, old.where.entrance,
        old.where.floor, old.where.flat, old.company, by.pk, old.opened_at, old.opened_at if old.company else None,
        old.due_at, old.closed_at, old.closed_at, "", "", 0, old.key, at, old.number,
    )  # fmt: skip


def _status(old: Old) -> Status:
    if old.closed_at is not None:
        return Status.CLOSED_UNCONFIRMED
    return Status.ASSIGNED if old.company else Status.REGISTERED


def _events(old: Old, of: _Ids, by: User, at: datetime) -> Iterator[Sequence[Any]]:
    """Its registration, its hand-over where it still waits, and a line that says where all this comes from."""
    status = _status(old)
    yield of.ticket, "register", by.pk, "", Status.REGISTERED, None, old.opened_at, "", "", {}
    if status == Status.ASSIGNED:
        yield of.ticket, "assign", by.pk, Status.REGISTERED, status, old.company, old.opened_at, "", "", {}
    note = "\n".join(old.kept)[:8_000]
    was = "" if old.closed_at else status
    yield of.ticket, "import", by.pk, was, status, old.company, _told_at(old, at), "", note, {"old_number": old.number}


def _told_at(old: Old, at: datetime) -> datetime:
    return min(old.closed_at or at, at)


def _turn(old: Old, of: _Ids, line: int, at: datetime) -> Sequence[Any]:
    """Who had it, as far as the log tells: one organisation from the opening on, until the log closed it."""
    if old.closed_at is None:
        return of.ticket, old.company, old.opened_at, None, None
    return of.ticket, old.company, old.opened_at, max(_told_at(old, at), old.opened_at), line


def _promise(
    waiting: Sequence[tuple[Old, _Ids]], moments: Iterator[datetime], rules: Rules, *, by: User, at: datetime
) -> None:
    """One call each, on the moment whose turn it is; who left no number is recorded and has no clock."""
    obligations = []
    deadlines = []
    for old, of in waiting:
        due = next(moments)
        owed = CallbackObligation(
            contact_id=of.contact, reason=Reason.PROMISED_LATER, promised_at=at, is_danger=old.category.is_danger,
            state=State.OPEN if old.phone.number else State.NOT_CALLABLE,
        )  # fmt: skip
        if old.phone.number:
            owed.number, owed.extension, owed.due_at = old.phone.number, old.phone.extension, due
            owed.promised_length, owed.next_attempt_at = due - at, max(at, due - settings.CALLBACK_PROMISE)
            owed.deadline = new_deadline(
                clock=Clock.PROMISED_LATER, started_at=at, due_at=due, rules=rules, title=_title(old),
            )  # fmt: skip
            deadlines.append(owed.deadline)
        obligations.append(owed)
    Deadline.objects.bulk_create(deadlines)
    created = CallbackObligation.objects.bulk_create(obligations)
    TicketPromise.objects.bulk_create(
        [TicketPromise(ticket_id=of.ticket, obligation=owed) for (_old, of), owed in zip(waiting, created, strict=True)]
    )


def _start_terms(waiting: Sequence[tuple[Old, _Ids]], rules: Rules, *, at: datetime) -> None:
    """A term that lies ahead runs as any other repair's. One that has passed starts no clock: it would ring at once.

    It runs from now on, lest a warning whose moment has passed ring at once as well.
    """
    ahead = [(old, of, old.due_at) for old, of in waiting if old.due_at is not None and old.due_at > at]
    clocks = []
    for old, _of, due_at in ahead:
        clock = new_deadline(
            clock=Clock.FIX, started_at=at, due_at=due_at, rules=rules, title=_title(old),
            source=_("срок прежнего журнала"), mark=Mark.DEFAULT,
        )  # fmt: skip
        clock.company_id = old.company
        clocks.append(clock)
    Deadline.objects.bulk_create(clocks)
    TicketDeadline.objects.bulk_create(
        [TicketDeadline(ticket_id=of.ticket, deadline=clock) for (_o, of, _d), clock in zip(ahead, clocks, strict=True)]
    )


def _title(old: Old) -> str:
    parts = (old.where.locality, old.where.street, old.where.house)
    return f"{old.category.problem} · {', '.join(part for part in parts if part)}"


def words_unknown(counts: Mapping[str, "Counter[str]"]) -> Iterator[tuple[str, int, str]]:
    """Kind, how many rows, and the most frequent words of what the log says and this centre does not know."""
    for kind, words in counts.items():
        yield kind, words.total(), ", ".join(f"«{word}» ({count})" for word, count in words.most_common(5))
