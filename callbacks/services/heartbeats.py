"""Signs of life that a loop writes about itself."""

from datetime import datetime

from callbacks.models import Heartbeat


def beat(*, name: str, at: datetime) -> None:
    """Write that the loop ``name`` has just finished a turn."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=at)], update_conflicts=True, unique_fields=["name"], update_fields=["beat_at"]
    )
