"""Files for taking away: small ones at once, large ones by a worker that says how far it is.

The row is what counts. A worker that was killed stops moving it; after ``LEASE`` another one takes it and begins anew,
and the first one, should it live, finds that the row is not its own any more. Nothing half written has the name that
is served.
"""

import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO

import structlog
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.models import AccessRecord, User
from accounts.writes import Refused, write
from reports import alarms
from reports.models import ReportFile
from reports.models.files import folder

from .contents import Contents, UnknownName, Wanted, patience
from .files import write_file

log = structlog.get_logger(__name__)
State = ReportFile.State

# More rows than these are not waited for.
AT_ONCE = 20_000
# Before its first row comes the database may think long; afterwards a file moves every second.
LEASE = timedelta(minutes=3)
# One file is made at a time in the whole centre: a worker that rings must always be free.
MAKING = 4_842_565_603
MOST_TRIES = 3
KEPT = timedelta(days=7)
# One person's files at a time: a worker has other things to do.
MOST_AT_WORK = 5
WHAT = "report_file"

INTERRUPTED = _("Подготовку трижды прерывали; попросите файл снова или выберите период короче.")
BROKEN = _("Не получилось из-за ошибки программы; она в журнале сервера. Попросите файл снова.")
GONE = _("Того, чем отобран файл, в справочниках больше нет.")


class TooMany(Refused):
    message = _("Уже готовятся пять ваших файлов. Дождитесь одного из них или отмените.")
    code = "too_many"


class NotNow(Refused):
    message = _("Эта выгрузка уже готова или отменена. Обновите страницу.")
    code = "not_now"


class _Lost(Exception):
    """Somebody cancelled the file, or another worker has it."""


def write_down(*, owner: User, wanted: Wanted, contents: Contents, count: int | None) -> None:
    """Who took how many people's data away, by which conditions (152-ФЗ)."""
    if not contents.is_personal:
        return
    days = f"{wanted.period.first:%d.%m.%Y}–{wanted.period.last:%d.%m.%Y}"
    AccessRecord.objects.create(
        actor=owner, what=WHAT, subject=f"{count}: {wanted.name}"[:80],
        reason=", ".join((days, *contents.words))[:200],
    )  # fmt: skip


def note_taken(*, file: ReportFile, by: User) -> None:
    """That somebody else took it: the owner's asking is written down already."""
    if file.owner_id == by.pk:
        return
    wanted = Wanted(file.name, file.period, file.query)
    with suppress(Http404, UnknownName):
        write_down(owner=by, wanted=wanted, contents=wanted.open(), count=file.rows_done)


def make_at_once(*, contents: Contents, kind: str) -> IO[bytes]:
    """The file itself, open at its beginning; it is removed when it is closed."""
    written = tempfile.TemporaryFile()  # noqa: SIM115
    write_file(written, contents.sheets(), kind)
    written.seek(0)
    return written


@write
def ask_for_file(
    *, owner: User, wanted: Wanted, contents: Contents, kind: str, count: int | None, at: datetime
) -> ReportFile:
    """Have it made beside other work. Raises TooMany."""
    # Of one person at a time, or two presses would both count four.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if ReportFile.objects.filter(owner=owner, state__in=ReportFile.AT_WORK).count() >= MOST_AT_WORK:
        raise TooMany
    write_down(owner=owner, wanted=wanted, contents=contents, count=count)
    made = ReportFile.objects.create(
        owner=owner, name=wanted.name, title=contents.title[:200], query=wanted.query, kind=kind, asked_at=at,
        first_day=wanted.period.first, last_day=wanted.period.last, as_of=wanted.period.at, rows_total=count,
    )  # fmt: skip
    alarms.make_files()
    return made


@write
def cancel(*, file: ReportFile, at: datetime) -> None:
    """Raises NotNow. A worker that has it in hand stops at its next step."""
    live = ReportFile.objects.filter(pk=file.pk, state__in=ReportFile.AT_WORK)
    if not live.update(state=State.CANCELLED, finished_at=at):
        raise NotNow


# ── In the worker ────────────────────────────────────────────────────────────────────────────────────────────────
def make_next() -> bool:
    """Make one file that waits or was left behind; whether there was one."""
    at = clock.now()
    give_up_the_interrupted(at=at)
    file = take_next(at=at)
    if file is None:
        return False
    part = file.path.with_suffix(f".{file.tries}.part")
    try:
        _make(file, part)
    except _Lost:
        log.info("report_file_lost", file=file.pk)
    except (Http404, UnknownName):
        _fail(file, str(GONE))
    except Exception:
        # One file that cannot be made must not stop the others; the error is in the log.
        log.exception("report_file_failed", file=file.pk)
        _fail(file, str(BROKEN))
    finally:
        part.unlink(missing_ok=True)
    return True


@write
def take_next(*, at: datetime) -> ReportFile | None:
    """Lend the file that waits longest to the caller, unless one is being made: nobody is offered it while it moves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
    if ReportFile.objects.filter(state=State.RUNNING, beat_at__gte=at - LEASE).exists():
        return None
    abandoned = Q(state=State.RUNNING, beat_at__lt=at - LEASE, tries__lt=MOST_TRIES)
    file = (
        ReportFile.objects.filter(Q(state=State.WAITING) | abandoned)
        .order_by("asked_at", "pk")
        .select_for_update(skip_locked=True)
        .first()
    )
    if file is not None:
        file.state, file.started_at, file.beat_at, file.rows_done = State.RUNNING, at, at, 0
        file.tries += 1
        file.save(update_fields=["state", "started_at", "beat_at", "rows_done", "tries"])
    return file


def _make(file: ReportFile, part: Path) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    sheets = Wanted(file.name, file.period, file.query).open().sheets()
    with patience(), part.open("wb") as out:
        rows = write_file(out, sheets, file.kind, partial(_beat, file))
    part.replace(file.path)
    done = _own(file).update(state=State.DONE, finished_at=clock.now(), rows_done=rows, size=file.path.stat().st_size)
    if not done:
        # Cancelled at the last moment: nobody will ask for it.
        if not ReportFile.objects.filter(pk=file.pk, state__in=(State.RUNNING, State.DONE)).exists():
            file.path.unlink(missing_ok=True)
        raise _Lost


def _own(file: ReportFile) -> QuerySet[ReportFile]:
    return ReportFile.objects.filter(pk=file.pk, state=State.RUNNING, tries=file.tries)


def _beat(file: ReportFile, rows: int) -> None:
    if not _own(file).update(rows_done=rows, beat_at=clock.now()):
        raise _Lost


def _fail(file: ReportFile, sentence: str) -> None:
    _own(file).update(state=State.FAILED, finished_at=clock.now(), error=sentence[:300])


def give_up_the_interrupted(*, at: datetime) -> int:
    """What kills every worker that takes it is not taken for ever."""
    left = ReportFile.objects.filter(state=State.RUNNING, beat_at__lt=at - LEASE, tries__gte=MOST_TRIES)
    return left.update(state=State.FAILED, finished_at=at, error=str(INTERRUPTED)[:300])


# ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────
def forget_files(*, at: datetime) -> int:
    """Remove what was asked for a week ago, and what lies on the disk without a row; the number of files removed."""
    ReportFile.objects.filter(finished_at__lt=at - KEPT).exclude(state__in=ReportFile.AT_WORK).delete()
    removed = 0
    with suppress(FileNotFoundError):
        for path in list(folder().iterdir()):
            if _is_owed(path, at):
                continue
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _is_owed(path: Path, at: datetime) -> bool:
    """Whether a row names it; a file whose row is not written yet is young."""
    key = path.name.split(".")[0]
    if path.suffix == ".part":
        return ReportFile.objects.filter(key=key, state=State.RUNNING).exists()
    return ReportFile.objects.filter(key=key).exclude(state=State.CANCELLED).exists()
