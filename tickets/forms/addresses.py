"""Reading an address the way people say it: «кир 20 15» is Kirova street, house 20, flat 15."""

import re
from dataclasses import dataclass

from companies.models import Building

SHOWN = 10
# So many candidates are compared; a longer list means that too little was typed.
COMPARED = 200
# What people put between the parts and the register does not.
FILLERS = frozenset({"д", "дом", "кв", "квартира"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A house of the register, with the flat where one was typed; ``is_exact`` when every word was met whole."""

    building: Building
    flat: str
    is_exact: bool


def suggest(text: str) -> list[Suggestion]:
    """Up to ten houses that the typed words may mean, the nearest first."""
    words = [word for word in re.split(r"[\s,]+", text.lower().replace("ё", "е")) if word]
    words = [word for word in words if word.rstrip(".") not in FILLERS]
    if not words:
        return []
    found = _ranked(words)
    if not found and len(words) > 1 and re.fullmatch(r"\d{1,4}[а-я]?", words[-1]):
        return _ranked(words[:-1], flat=words[-1])
    return found


def the_one_meant(text: str) -> Suggestion | None:
    """The house that the text can only mean; None when the operator has to choose."""
    found = suggest(text)
    exact = [one for one in found if one.is_exact] or found
    return exact[0] if len(exact) == 1 else None


def _ranked(words: list[str], flat: str = "") -> list[Suggestion]:
    alike = Building.objects.with_locality().search(" ".join(words))[:COMPARED]
    scored = sorted(alike, key=lambda house: (_strangers(house, words), house.street, _natural(house.house)))
    return [Suggestion(house, flat, not _strangers(house, words)) for house in scored[:SHOWN]]


def _strangers(house: Building, words: list[str]) -> int:
    """How many of the words are only a part of the address's own."""
    return sum(f" {word} " not in house.search_text for word in words)


def _natural(number: str) -> tuple[int, str]:
    digits = re.match(r"\d+", number)
    return (int(digits.group()) if digits else 0, number)
