"""``manage.py sweep_photos``: the files of photos are those that the rows name."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.services.photo_files import sweep_photo_files


class Command(BaseCommand):
    help = "Remove the files of photos that no ticket names; ends non-zero when a photo has lost its file."

    def handle(self, *args: Any, **options: Any) -> None:
        removed, missing = sweep_photo_files()
        self.stdout.write(f"{removed} files without a photo removed.")
        if missing:
            raise CommandError(f"{len(missing)} photos have lost their file, for example {', '.join(missing[:5])}")
