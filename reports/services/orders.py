"""Reports that come by mail: which letters have come due, and sending each of them once.

A letter is a row that is unique by its order and its days; whoever looks twice finds it there. It is lent while it is
being sent; a process killed between the server's «taken» and our note of it sends the same letter, under the same
number, once more.
"""

import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Role, User
from accounts.writes import write
from callbacks.calendar import REGION
from reports.asking import asked_filters
from reports.catalogue import Cell, Report, build
from reports.models import ReportLetter, ReportOrder
from reports.period import Period

from .contents import Wanted, patience, sheets_of
from .files import KINDS, write_file
from .reading import Reading

log = structlog.get_logger(__name__)
Every, Span = ReportOrder.Every, ReportOrder.Span

DAY = timedelta(days=1)
# Waits after the first, second… failure; then it is given up and the page says so.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
# Making a report and talking to a slow server take less; a killed process frees its letter by then.
LENT = timedelta(minutes=10)
READERS = (Role.SUPERVISOR, Role.HEAD, Role.ADMIN)
# A letter tells so many facts; the file has all.
TOLD = 6


class Unsendable(Exception):
    """Trying again would change nothing: the sentence says why."""


def readers() -> "list[User]":
    """Who may be sent a report: who may read it on the screen, and has an address."""
    return list(User.objects.filter(is_active=True, role__in=READERS).exclude(email="").order_by("last_name", "pk"))


# ── When, and of which days ──────────────────────────────────────────────────────────────────────────────────────
def last_due(order: ReportOrder, at: datetime) -> datetime:
    """The latest moment up to ``at`` at which the order asks for its report."""
    day = at.astimezone(REGION).date()
    while not (_is_its_day(order, day) and _moment(order, day) <= at):
        day -= DAY
    return _moment(order, day)


def _is_its_day(order: ReportOrder, day: date) -> bool:
    match order.every:
        case Every.WEEKDAY:
            return day.isoweekday() == order.weekday
        case Every.MONTH_DAY:
            return day.day == order.month_day
    return True


def _moment(order: ReportOrder, day: date) -> datetime:
    return datetime.combine(day, time(order.hour), tzinfo=REGION)


def days_of(span: str, day: date) -> tuple[date, date]:
    """First and last day of a span as it is said on ``day``."""
    match span:
        case Span.WEEK:
            monday = day - timedelta(days=day.weekday())
            return monday - 7 * DAY, monday - DAY
        case Span.MONTH:
            last = day.replace(day=1) - DAY
            return last.replace(day=1), last
    return day - DAY, day - DAY


# ── One turn ─────────────────────────────────────────────────────────────────────────────────────────────────────
def write_due_letters(*, at: datetime) -> int:
    """A row for every letter that has come due; how many are new."""
    new = 0
    orders = ReportOrder.objects.filter(is_active=True, owner__is_active=True, owner__role__in=READERS, since__lte=at)
    for order in orders:
        due = last_due(order, at)
        if due < order.since:
            continue
        first, last = days_of(order.span, due.astimezone(REGION).date())
        _letter, is_new = ReportLetter.objects.get_or_create(
            order=order, first_day=first, defaults={"last_day": last, "due_at": due, "next_try_at": due}
        )
        new += is_new
    return new


def send_next(*, at: datetime) -> bool:
    """Send one letter that is due; whether there was one."""
    letter = take_letter(at=at)
    if letter is None:
        return False
    try:
        _send(letter)
    except Unsendable as refusal:
        _give_up(letter, str(refusal), at=at)
    except Exception as error:  # whatever a server or a report raises is tried again, and shown on the page
        log.warning("report_letter_failed", letter=letter.pk, error=type(error).__name__)
        _put_off(letter, f"{type(error).__name__}: {error}", at=at)
    else:
        _own(letter).update(sent_at=at, next_try_at=None, last_error="")
    return True


@write
def take_letter(*, at: datetime) -> ReportLetter | None:
    """One letter due by ``at``, lent to the caller; those of a paused order wait."""
    letter = (
        ReportLetter.objects.filter(next_try_at__lte=at, order__is_active=True)
        .select_related("order__owner")
        .order_by("next_try_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if letter is not None:
        letter.tries += 1
        letter.next_try_at = at + LENT
        letter.save(update_fields=["tries", "next_try_at"])
    return letter


def _own(letter: ReportLetter) -> QuerySet[ReportLetter]:
    return ReportLetter.objects.filter(pk=letter.pk, tries=letter.tries, sent_at=None, given_up_at=None)


def _give_up(letter: ReportLetter, sentence: str, *, at: datetime) -> None:
    _own(letter).update(given_up_at=at, next_try_at=None, last_error=sentence[:300])


def _put_off(letter: ReportLetter, sentence: str, *, at: datetime) -> None:
    if letter.tries > len(BACK_OFF):
        _give_up(letter, sentence, at=at)
        return
    _own(letter).update(next_try_at=at + BACK_OFF[letter.tries - 1], last_error=sentence[:300])


# ── The letter ───────────────────────────────────────────────────────────────────────────────────────────────────
def _send(letter: ReportLetter) -> None:
    order = letter.order
    addresses = list(
        order.recipients.filter(is_active=True, role__in=READERS).exclude(email="").values_list("email", flat=True)
    )
    if not addresses:
        raise Unsendable(_("Посылать некому: ни у кого из получателей нет почты или права читать отчёты."))
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    with override(settings.LANGUAGE_CODE), patience():
        report = report_of(letter)
        mail = EmailMessage(
            subject=" ".join(subject_of(report).split())[:200], body=body_of(report, order), to=addresses,
            # A second try is the same letter: its number and its date are those of its day.
            headers={
                "Message-ID": f"<report-{order.pk}-{letter.first_day}@{host}>",
                "Date": format_datetime(letter.due_at),
            },
        )  # fmt: skip
        wanted = Wanted(order.name, report.period, order.query)
        with tempfile.TemporaryFile() as file:
            write_file(file, sheets_of(report), order.kind)
            file.seek(0)
            mail.attach(f"{wanted.file_name}.{order.kind}", file.read(), KINDS[order.kind].split(";")[0])
    mail.send()


def report_of(letter: ReportLetter) -> Report:
    """As of the moment at which it was due, however late it leaves."""
    order = letter.order
    try:
        narrowed, words = asked_filters(QueryDict(order.query))
        period = Period(letter.first_day, letter.last_day, letter.due_at)
        return build(order.name, Reading(period, narrowed), tuple(words))
    except Http404 as error:
        raise Unsendable(_("Того, чем отобран отчёт, в справочниках больше нет.")) from error
    except KeyError as error:
        raise Unsendable(_("Такого отчёта больше нет.")) from error


def subject_of(report: Report) -> str:
    """What was found, or what the report is called."""
    found = next((section.title for section in report.sections if section.lines), "")
    days = _days(report.period)
    return f"{report.title}, {days}: {found}" if found else f"{report.title}, {days}"


def _days(period: Period) -> str:
    first, last = f"{period.first:%d.%m.%Y}", f"{period.last:%d.%m.%Y}"
    return first if first == last else f"{first}–{last}"


def body_of(report: Report, order: ReportOrder) -> str:
    lines = [f"{report.title}: {_days(report.period)}"]
    if report.words:
        lines.append(", ".join(report.words))
    lines.append("")
    for fact in report.facts[:TOLD]:
        before = (
            "" if fact.cell.before is None else " " + _("(прошлый период: %s)") % _said(fact.cell, fact.cell.before)
        )
        lines.append(f"{fact.label}: {_said(fact.cell, fact.cell.value)}{before}")
    lines += ["", *(section.title for section in report.sections if section.lines)]
    query = f"from={report.period.first}&to={report.period.last}" + (f"&{order.query}" if order.query else "")
    lines += ["", f"{settings.PUBLIC_URL}/reports/{report.name}/?{query}", ""]
    lines.append(_("Вы получаете этот отчёт по подписке: %s") % f"{settings.PUBLIC_URL}/reports/orders/")
    return "\n".join(lines)


def _said(cell: Cell, value: object) -> str:
    if value is None:
        return _("нет данных")
    if cell.unit == "percent":
        return f"{value} %".replace(".", ",")
    if cell.unit in ("seconds", "hours") and isinstance(value, int | float):
        return str(timedelta(seconds=int(value)))
    return str(value).replace(".", ",")


# ── Orders ───────────────────────────────────────────────────────────────────────────────────────────────────────
@write
def order_report(*, order: ReportOrder, recipients: Sequence[User], at: datetime) -> ReportOrder:
    """Write a new order down; what came due before is not sent."""
    order.since = at
    order.save(force_insert=True)
    order.recipients.set(recipients)
    return order


@write
def pause(*, order: ReportOrder) -> None:
    ReportOrder.objects.filter(pk=order.pk).update(is_active=False)


@write
def resume(*, order: ReportOrder, at: datetime) -> None:
    """From now on; what was missed meanwhile is not caught up on."""
    if ReportOrder.objects.filter(pk=order.pk, is_active=False).update(is_active=True, since=at):
        waiting = ReportLetter.objects.filter(order=order, next_try_at__isnull=False)
        waiting.update(next_try_at=None, given_up_at=at, last_error=_("Подписка была остановлена.")[:300])


@write
def delete_order(*, order: ReportOrder) -> None:
    ReportOrder.objects.filter(pk=order.pk).delete()
