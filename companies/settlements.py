"""A settlement said without its street: what can be said next."""

from dataclasses import dataclass

from .address_text import KINDS, tell_apart
from .street_index import Place, StreetIndex, street_index
from .words import readings

# Fewer letters begin too many settlements.
TELLING_LETTERS = 3
PLACES, STREETS = 4, 10


@dataclass(frozen=True, slots=True)
class Named:
    """A settlement with its largest streets; where the register has none, its houses are told by themselves.

    ``is_whole``: its very name was said.
    """

    title: str
    streets: tuple[str, ...]
    is_whole: bool


def settlements_named(text: str) -> list[Named]:
    """The settlements that the words name, with nothing beside them but a house; the likeliest alone, or all alike."""
    index = street_index()
    found: dict[Place, float] = {}
    for reading in readings(text):
        # Whatever number was said is the house's.
        for words in {told.words for told in tell_apart(reading)}:
            for place, likeness in _named(index, words).items():
                found[place] = max(likeness, found.get(place, 0.0))
    most = max(found.values(), default=0.0)
    best = sorted((place for place in found if found[place] == most), key=lambda place: (-place.weight, place.title))
    best = best[:PLACES]
    return [Named(place.title, _largest(index, place, STREETS // len(best)), is_whole=most == 1.0) for place in best]


def _named(index: StreetIndex, words: tuple[str, ...]) -> dict[Place, float]:
    """How well each settlement is named; those that every word tells something of."""
    said = tuple(word for word in words if word not in KINDS)
    if not said or len(said[0]) < TELLING_LETTERS:
        return {}
    likes = [index.vocabulary.like(word) for word in said]
    found = {}
    for place in index.places.values():
        name = place.name.words
        met = [like.get(word, 0.0) for like, word in zip(likes, name, strict=False)]
        if len(name) == len(said) and all(met):
            found[place] = sum(met) / len(met)
    return found


def _largest(index: StreetIndex, place: Place, most: int) -> tuple[str, ...]:
    streets = [street for street in index.streets if street.place is place and street.title]
    return tuple(street.title for street in sorted(streets, key=lambda street: -len(street.rows))[:most])
