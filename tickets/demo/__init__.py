"""The demonstration: an invented region with people, houses and a fortnight of tickets. Never loaded in production."""

from datetime import datetime

from .people import load_people, load_roster
from .register import load_register
from .story import tell_story

__all__ = ["load_demo"]


def load_demo(*, at: datetime) -> dict[str, int]:
    """Add what is missing of the demonstration; returns how many of each were added."""
    companies, buildings, responsibilities = load_register()
    return {
        "companies": companies,
        "buildings": buildings,
        "responsibilities": responsibilities,
        "people": load_people(),
        "shifts": load_roster(at=at),
        "tickets": tell_story(at=at),
    }
