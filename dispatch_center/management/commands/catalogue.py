"""``manage.py catalogue``: what the screens say in Russian, and how it is said in English.

Does the work of ``makemessages`` and ``compilemessages`` without GNU gettext, so that it runs wherever Python does.
The sources hold the Russian text; only the English translation is a catalogue.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Without dates: a catalogue changes when the texts do, not when somebody looks.
HEADER = b"""\
# What the screens say in English; written by `manage.py catalogue`, translated by hand.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
APPS = ("accounts", "companies", "callbacks", "tickets", "reports", "dispatch_center")


class Command(BaseCommand):
    help = "Collect the texts of the screens into locale/en and compile them; --check only says whether that is done."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail when the catalogue is stale")

    def handle(self, *_args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "locale" / "en" / "LC_MESSAGES"
        source, compiled = folder / "django.po", folder / "django.mo"
        known = _read(source)
        fresh = Catalog(locale="en", charset="utf-8")
        for path, text, context in _texts(Path(settings.BASE_DIR)):
            fresh.add(text, locations=[(path, 1)], context=context)
        for message in fresh:
            translated = known.get(message.id, context=message.context) if message.id else None
            if translated is not None and translated.string:
                message.string = translated.string
        written, made = _as_po(fresh), _as_mo(fresh)
        if options["check"]:
            if _bytes(source) != written or _bytes(compiled) != made:
                raise CommandError("The English catalogue is stale: run manage.py catalogue and translate what is new.")
            return
        folder.mkdir(parents=True, exist_ok=True)
        source.write_bytes(written)
        compiled.write_bytes(made)
        texts = [message for message in fresh if message.id]
        missing = sum(not _is_translated(message.string) for message in texts)
        self.stdout.write(f"{len(texts)} texts, {missing} of them not yet translated: {source}")


def _texts(base: Path) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Every text that the sources mark for translation, with the file it stands in."""
    for path in sorted(path for app in APPS for path in (base / app).rglob("*.py")):
        if not {"tests", "migrations"}.intersection(path.parts):
            yield from _extracted(path, base, path.read_bytes())
    for path in sorted((base / "templates").rglob("*.html")) + sorted((base / "templates").rglob("*.txt")):
        # Django turns a template into something Python-like; its indentation means nothing there.
        python = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        lines = "\n".join(line.lstrip() for line in python.splitlines())
        yield from _extracted(path, base, lines.encode())


def _extracted(path: Path, base: Path, source: bytes) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    for _line, text, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
        yield path.relative_to(base).as_posix(), text, context


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def _as_po(catalogue: Catalog) -> bytes:
    body = BytesIO()
    write_po(body, catalogue, width=120, omit_header=True, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return HEADER + body.getvalue()


def _as_mo(catalogue: Catalog) -> bytes:
    body = BytesIO()
    compiled = read_po(BytesIO(_as_po(catalogue)), locale="en")
    # Babel would note the current time, and every check would then find the file stale.
    compiled.creation_date = compiled.revision_date = NO_TIME
    write_mo(body, compiled)
    return body.getvalue()


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _is_translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(text) and (isinstance(text, str) or all(text or ()))
