"""What is added up beforehand for whole months: by which keys, for which figures.

A question of whole months is answered by the first cube that knows all of its keys and figures; other questions of
past days are asked of the counted rows, which know all keys and figures of their subject.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

from .figures import FIGURES, FILTERS, Subject
from .figures.promises import CALLS, ESCALATIONS, PROMISES
from .figures.work import CLOSED, CONTACTS, EVENTS, HANDOVERS, REPEATS, TICKETS, WORKS
from .models.tallies import KEYS


@dataclass(frozen=True)
class Cube:
    subject: Subject
    keys: tuple[str, ...]
    figures: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.subject.name}:{'+'.join(self.keys)}"

    def answers(self, names: tuple[str, ...], keys: set[str]) -> bool:
        return keys <= set(self.keys) and set(names) <= set(self.figures)


def figures_of(subject: Subject) -> tuple[str, ...]:
    """All of them, in the order of their bits."""
    return tuple(name for name, figure in FIGURES.items() if figure.subject is subject)


def measures_of(subject: Subject) -> tuple[str, ...]:
    """Those of them that add something up, in the order of their places."""
    return tuple(name for name in figures_of(subject) if FIGURES[name].measure is not None)


def keys_of(subject: Subject) -> tuple[str, ...]:
    """By what a counted row of the subject is told apart."""
    return tuple(key for key in KEYS if key in subject.fields)


SHARE = ("promised", "kept_in_time", "kept_late", "broken", "rang_again")


def _each(subject: Subject, keys: tuple[str, ...], figures: tuple[str, ...] = ()) -> list[Cube]:
    """By these keys alone, and with any one filter."""
    figures = figures or figures_of(subject)
    narrowed = [Cube(subject, (*keys, name), figures) for name in _filters(subject, keys)]
    return [Cube(subject, keys, figures), *narrowed] if keys else narrowed


def _pairs(subject: Subject, keys: tuple[str, ...] = ()) -> list[Cube]:
    """By these keys, by one filter, and by any two: one to tell the lines apart, one to narrow them by."""
    figures = figures_of(subject)
    pairs = [Cube(subject, (*keys, *pair), figures) for pair in combinations(_filters(subject, keys), 2)]
    return [*_each(subject, keys), *pairs]


def _filters(subject: Subject, keys: tuple[str, ...]) -> list[str]:
    return [name for name in FILTERS if name in subject.fields and name not in keys]


CUBES: tuple[Cube, ...] = (
    *_pairs(PROMISES, ("reason",)),
    *_each(PROMISES, ("reason", "weekday", "hour"), SHARE),
    # By an organisation or a category every wait would be a row of its own: those are asked of the counted rows.
    *(Cube(PROMISES, ("reason", "wait", *name), ("kept", "kept_in_time"))
      for name in ((), ("channel",), ("emergency",), ("district",))),
    *_pairs(TICKETS),
    *_pairs(CLOSED),
    *_pairs(HANDOVERS),
    *_each(HANDOVERS, ("company", "wait"), ("accepted",)),
    *_pairs(WORKS),
    *_each(WORKS, ("company", "wait"), ("fixed",)),
    *_pairs(EVENTS),
    *_each(CONTACTS, ("channel",)),
    *_each(CONTACTS, ("weekday", "hour", "half")),
    *_each(CONTACTS, ("wait",), ("answered",)),
    *_pairs(CALLS),
    *_each(ESCALATIONS, ("clock", "rung")),
    *_each(ESCALATIONS, ("person",)),
    *_pairs(REPEATS),
)  # fmt: skip
SUBJECTS: dict[str, Subject] = {cube.subject.name: cube.subject for cube in CUBES}
# Raised when a condition changes its meaning: what was counted by the former one is then counted anew.
EDITION = "4"


def version_of(subject: Subject) -> str:
    """Counts of other figures, keys or conditions are not these."""
    said = [EDITION, " ".join(keys_of(subject)), " ".join(figures_of(subject))]
    said += [f"{cube.name} {cube.figures}" for cube in CUBES if cube.subject is subject]
    return sha256("\n".join(said).encode()).hexdigest()[:16]


def cube_for(subject: Subject, names: tuple[str, ...], keys: set[str]) -> Cube | None:
    """The one with the fewest keys: it has the fewest rows."""
    known = [cube for cube in CUBES if cube.subject is subject and cube.answers(names, keys)]
    return min(known, key=lambda cube: len(cube.keys), default=None)
