"""Reading an address the way people say it: «кир 20 15» is Kirova street, house 20, flat 15."""

from dataclasses import dataclass

from companies.address_text import FLAT, HOUSE
from companies.addresses import find
from companies.models import Building
from companies.settlements import Named, settlements_named

SHOWN = 10
# What people put between the parts and the register does not.
FILLERS = HOUSE | FLAT


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A house of the register with what else was typed; ``is_exact`` when nothing else can be meant.

    ``is_new_house``: the street is sure, and the register has no such house there (``building`` is None): street, house
    and locality may be taken as they stand here. ``is_doubtful``: only a person can tell; Enter alone never takes it.
    """

    building: Building | None
    flat: str
    is_exact: bool
    entrance: str = ""
    floor: str = ""
    is_new_house: bool = False
    street: str = ""
    house: str = ""
    locality: str = ""
    is_doubtful: bool = True


def suggest(text: str, *, area_code: str = "") -> list[Suggestion]:
    """Up to ten houses that the typed words may mean, the likeliest first.

    ``area_code``: of the caller's number, where it is known; of two equal streets the one of his district comes first.
    """
    return [
        Suggestion(
            building=found.building, flat=found.flat, is_exact=found.is_sure, entrance=found.entrance,
            floor=found.floor, is_new_house=found.building is None, street=found.street, house=found.house,
            locality=found.locality, is_doubtful=found.is_doubtful,
        )
        for found in find(text, area_code=area_code, limit=SHOWN)
    ]  # fmt: skip


def suggest_streets(text: str, *, found: list[Suggestion]) -> list[Named]:
    """Settlements that were named alone, to go on from: beside ``found`` only those whose very name was said."""
    return [named for named in settlements_named(text) if named.is_whole or not found]


def the_one_meant(text: str) -> Suggestion | None:
    """The house that the text can only mean; None when the operator has to choose."""
    return next((one for one in suggest(text) if one.is_exact), None)
