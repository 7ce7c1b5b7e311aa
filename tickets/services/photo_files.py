"""Where the files of photos lie, and that they are exactly those that the rows name.

A file is whole or absent: it is written beside its place and moved there. The row follows; where it fails, the files
go again. A process that dies in between leaves files without a row, which ``sweep_photo_files`` finds.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.db.models import Max

from tickets.models import TicketPhoto

from .pictures import Picture

# A photo whose row is still being written is younger than this.
SETTLED_SECONDS = 3600
BATCH = 5000


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "photos"


def path_of(name: str, *, is_small: bool = False) -> Path:
    """Spread over 256 folders, so that none of them becomes long."""
    return folder() / name[:2] / f"{name}{'.small' if is_small else ''}.jpg"


@contextmanager
def written(pictures: Sequence[Picture]) -> Iterator[list[str]]:
    """Write the files of ``pictures`` and give their names; whoever fails to name them in a row loses them."""
    names: list[str] = []
    try:
        for picture in pictures:
            name = token_hex(16)
            names.append(name)
            _write(path_of(name), picture.full)
            _write(path_of(name, is_small=True), picture.small)
        yield names
    except BaseException:
        for name in names:
            drop(name)
        raise


def drop(name: str) -> None:
    for is_small in (False, True):
        with suppress(FileNotFoundError):
            path_of(name, is_small=is_small).unlink()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sweep_photo_files() -> tuple[int, list[str]]:
    """Remove what no row names, and say what a row names and the disk has not.

    Returns how many files were removed, and the names of the photos that are missing.
    """
    old = time.time() - SETTLED_SECONDS
    removed = 0
    for shelf in sorted(folder().glob("??")):
        files = [path for path in shelf.iterdir() if path.stat().st_mtime < old]
        names = {path.name.split(".")[0] for path in files}
        known = set(TicketPhoto.objects.filter(name__in=names).values_list("name", flat=True))
        for path in files:
            if path.suffix == ".part" or path.name.split(".")[0] not in known:
                path.unlink(missing_ok=True)
                removed += 1
    return removed, list(_missing())


def _missing() -> Iterator[str]:
    last = TicketPhoto.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last, BATCH):
        for name in TicketPhoto.objects.filter(pk__gt=start, pk__lte=start + BATCH).values_list("name", flat=True):
            if not (path_of(name).exists() and path_of(name, is_small=True).exists()):
                yield name
