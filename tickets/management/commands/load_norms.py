"""Load services, categories, norms and the default ladder."""

from typing import Any

from django.core.management.base import BaseCommand

from tickets import services


class Command(BaseCommand):
    help = "Add what is missing of services, categories, norms and the ladder; what is there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        added = services.load_norms()
        self.stdout.write(", ".join(f"{name}: {count} added" for name, count in added.items()))
