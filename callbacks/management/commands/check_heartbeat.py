"""A health check for containers: «is up» is not enough, it must have done its work lately."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from callbacks.models import Heartbeat


class Command(BaseCommand):
    help = "Succeed when the loop NAME wrote its heartbeat within the last seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["sweep", "keeper"])
        parser.add_argument("--within", type=int, default=15, help="seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Heartbeat.objects.filter(name=options["name"]).first()
        if found is None:
            raise CommandError(f"{options['name']} has never beaten.")
        age = clock.now() - found.beat_at
        if age > timedelta(seconds=options["within"]):
            raise CommandError(f"{options['name']} last beat {age.total_seconds():.0f} s ago.")
        self.stdout.write(f"{options['name']} beat {age.total_seconds():.1f} s ago.")
