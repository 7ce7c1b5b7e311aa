"""``manage.py prepare_local``: what a start needs before anybody works; run by ``run_local``, harmless by hand."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from psycopg2 import sql

from dispatch_center.local.postgres import APPLICATION


class Command(BaseCommand):
    help = "Bring tables, norms, the demonstration and the static files up to date."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *_args: Any, **_options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        # From here on as the application: the demonstration may not do what the application may not.
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(APPLICATION)))
        call_command("load_norms")
        if settings.DEMO:
            call_command("load_demo")
        _collect_static()


def _collect_static() -> None:
    """Collect, compress and name the static files, unless the sources are those of the last time."""
    print_of_sources = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            print_of_sources.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / "sources.stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == print_of_sources.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(print_of_sources.hexdigest(), encoding="ascii")
