"""An import from the page: a file arrives, its columns are named, it is checked, then written; each by a worker.

The state of the row is what counts. A worker that was killed is followed by another: pieces that were written are not
written twice, so the file is read from its beginning.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.models import User
from accounts.writes import Refused, write
from companies import alarms
from companies.models import ImportRun
from companies.street_index import look_again

from . import columns as mapping
from .register import AnotherImport, import_register, many_regions
from .tables import MEGABYTE, Table, UnreadableFile

log = structlog.get_logger(__name__)
State = ImportRun.State
# What a page takes; the command reads larger ones.
LARGEST_UPLOAD = 20 * MEGABYTE
# A piece takes a second or two: who has not moved for so long will not.
PATIENCE = timedelta(minutes=1)
PREVIEWED = 3


class NotNow(Refused):
    """The import is in another state than the page believed."""

    message = _("С этим импортом уже идёт работа или он закончен. Обновите страницу.")
    code = "not_now"


class TooLarge(Refused):
    message = _("Файл больше 20 МБ. Разделите его на части или импортируйте командой import_register.")
    code = "too_large"


FAILED = _("Импорт прерван ошибкой программы; записанное осталось. Она в журнале сервера. Повторите импорт.")


def take_file(*, file: IO[bytes], name: str, size: int, by: User) -> ImportRun:
    """Keep the file with its headings understood as well as can be. Raises UnreadableFile, TooLarge."""
    if size > LARGEST_UPLOAD:
        raise TooLarge
    content = file.read(LARGEST_UPLOAD + 1)
    with _on_disk(content, name) as path:
        table = Table(path, name)
        # To its end: better to refuse here than in the middle.
        total = table.count()
    return ImportRun.objects.create(
        file_name=name[:200], content=content, header=list(table.header), total_rows=total, started_by=by,
        columns=mapping.guess(mapping.REGISTER, table.header),
    )  # fmt: skip


def preview(run: ImportRun) -> list[tuple[str, ...]]:
    """The first rows, to see what is in which column."""
    with _on_disk(bytes(run.content), run.file_name) as path:
        rows = iter(Table(path, run.file_name))
        return [line.cells for _number, line in zip(range(PREVIEWED), rows, strict=False)]


@write
def choose_columns(*, run: ImportRun, columns: dict[str, str], at: datetime) -> None:
    """Name the columns, and have the file checked. Raises BadColumns, NotNow."""
    chosen = mapping.checked(mapping.REGISTER, run.header, columns)
    _move(run, sources=(State.UPLOADED, State.CHECKED), to=State.CHECKING, at=at, columns=chosen, result={}, errors=b"")


@write
def start(*, run: ImportRun, at: datetime) -> None:
    """Write what was checked. Raises NotNow."""
    _move(run, sources=(State.CHECKED,), to=State.RUNNING, at=at)


@write
def take_up(*, run: ImportRun, at: datetime) -> None:
    """Wake a worker again for what has not moved for a minute. Raises NotNow."""
    stuck = ImportRun.objects.filter(pk=run.pk, state__in=[State.CHECKING, State.RUNNING], moved_at__lt=at - PATIENCE)
    if not stuck.update(moved_at=at):
        raise NotNow
    alarms.carry_out_import(run.pk)


def is_stuck(run: ImportRun, at: datetime) -> bool:
    return run.is_at_work and run.moved_at is not None and run.moved_at < at - PATIENCE


def _move(run: ImportRun, *, sources: tuple[str, ...], to: str, at: datetime, **values: object) -> None:
    """Of two who press the button, the second is told."""
    moved = ImportRun.objects.filter(pk=run.pk, state__in=sources).update(
        state=to, done_rows=0, refusal="", moved_at=at, **values
    )
    if not moved:
        raise NotNow
    alarms.carry_out_import(run.pk)


# ── In the worker ────────────────────────────────────────────────────────────────────────────────────────────────
def carry_out(pk: int) -> None:
    """Check or write, as the row says; nothing where that is over, or another worker has it in hand."""
    run = ImportRun.objects.filter(pk=pk, state__in=[State.CHECKING, State.RUNNING]).first()
    if run is None:
        return
    try:
        _carry_out(run)
    except AnotherImport as refusal:
        if _others_at_work(run):
            _give_up(run, str(refusal.message))
    except Refused as refusal:
        _give_up(run, str(refusal.message))
    except Exception:
        _give_up(run, str(FAILED))
        raise


def _carry_out(run: ImportRun) -> None:
    is_dry = run.state == State.CHECKING
    with _on_disk(bytes(run.content), run.file_name) as path:
        table = Table(path, run.file_name)
        report = import_register(
            table, mapping.places_of(table.header, run.columns), today=timezone.localdate(clock.now()), is_dry=is_dry,
            progress=lambda done: _progress(run, done),
        )  # fmt: skip
    result = report.as_json() | {"warning": many_regions(report)}
    at = clock.now()
    done = {"result": result, "errors": gzip.compress(report.bad.read()), "done_rows": run.total_rows, "moved_at": at}
    if is_dry:
        _still(run).update(state=State.CHECKED, **done)
        return
    mapping.remember(mapping.REGISTER, run.header, run.columns)
    _still(run).update(state=State.DONE, content=b"", finished_at=at, **done)
    look_again()


def _progress(run: ImportRun, done: int) -> None:
    _still(run).update(done_rows=done, moved_at=clock.now())


def _give_up(run: ImportRun, sentence: str) -> None:
    """A check that failed may be tried with other columns; an import that failed, as it is."""
    to = State.UPLOADED if run.state == State.CHECKING else State.CHECKED
    _still(run).update(state=to, refusal=sentence[:500], moved_at=clock.now())


def _still(run: ImportRun) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(pk=run.pk, state=run.state)


def _others_at_work(run: ImportRun) -> bool:
    """Whether it is another file that has the register in hand, and not this one, rung for twice."""
    recent = Q(moved_at__gte=clock.now() - PATIENCE)
    return not ImportRun.objects.filter(recent, pk=run.pk, done_rows__gt=0).exists()


@contextmanager
def _on_disk(content: bytes, name: str) -> Iterator[Path]:
    """The reader wants a file that it can read twice."""
    if len(content) > LARGEST_UPLOAD:
        raise TooLarge
    if not content:
        raise UnreadableFile(_("Файл «%s» пуст.") % name)
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        file.write(content)
        file.flush()
        yield Path(file.name)
