"""An address that the register does not know, taken as it was typed: «новая 5 12» is Новая, house 5, flat 12."""

import re
from dataclasses import dataclass

from .addresses import FILLERS

# A house, or what belongs to its number: «5», «5а», «5/2», «к1», «корп.2», «стр3», «а».
OF_HOUSE = re.compile(r"^(?:\d\S*|[а-я]|(?:к|корп|стр|лит)\.?\d*)$", re.IGNORECASE)
PARTS = {
    "entrance": re.compile(r"(?:\bпод(?:ъезд)?|\bп)\.?\s*(\d{1,3})\b", re.IGNORECASE),
    "floor": re.compile(r"\bэт(?:аж)?\.?\s*(\d{1,3})\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """The parts of an address as somebody typed them."""

    street: str
    house: str
    flat: str = ""
    entrance: str = ""
    floor: str = ""


def parse_typed(text: str) -> Typed | None:
    """Street, house and what follows; None when the text has no house in it."""
    found = {}
    for name, pattern in PARTS.items():
        if match := pattern.search(text):
            found[name] = match.group(1)
            text = text[: match.start()] + " " + text[match.end() :]
    words = [word for word in re.split(r"[\s,]+", text) if word and word.lower().rstrip(".") not in FILLERS]
    first = len(words)
    while first > 1 and OF_HOUSE.match(words[first - 1]):
        first -= 1
    # «50 лет Октября 12»: only what stands at the end is the house.
    while first < len(words) and not words[first][0].isdigit():
        first += 1
    if first == len(words):
        return None
    house, rest = words[first], words[first + 1 :]
    while rest and not rest[0][0].isdigit():
        house += rest.pop(0)
    return Typed(" ".join(words[:first])[:150], house[:20], rest[0][:12] if rest else "", **found)
