"""Which counts are made beforehand: for each subject, by what its rows are told apart and which figures are counted.

A question is answered by the first cube that knows all of its keys and figures; one that no cube knows is asked of the
rows themselves. The order matters: small ones stand first.
"""

from dataclasses import dataclass
from hashlib import sha256

from .figures import FIGURES, Subject
from .figures.promises import CALLS, ESCALATIONS, PROMISES
from .figures.work import CLOSED, CONTACTS, EVENTS, HANDOVERS, REPEATS, TICKETS, WORKS


@dataclass(frozen=True)
class Cube:
    name: str
    subject: Subject
    keys: tuple[str, ...]
    figures: tuple[str, ...]

    def answers(self, names: tuple[str, ...], keys: set[str]) -> bool:
        return keys <= set(self.keys) and set(names) <= set(self.figures)


def _of(subject: Subject) -> tuple[str, ...]:
    return tuple(name for name, figure in FIGURES.items() if figure.subject is subject)


TICKET = ("company", "category", "district", "channel", "emergency")
SHARE = ("promised", "kept_in_time", "kept_late", "broken", "rang_again")

CUBES: tuple[Cube, ...] = (
    Cube("promises_by_person", PROMISES, ("operator", "reason"), _of(PROMISES)),
    Cube("promises_by_hour", PROMISES, ("weekday", "hour", "reason", "channel"), SHARE),
    Cube("promises_by_wait", PROMISES, ("wait", "reason", "channel"), ("kept", "kept_in_time")),
    Cube("promises", PROMISES, ("reason", *TICKET), _of(PROMISES)),
    Cube("tickets_by_person", TICKETS, ("operator", "channel", "emergency"), _of(TICKETS)),
    Cube("tickets", TICKETS, TICKET, _of(TICKETS)),
    Cube("closed", CLOSED, TICKET, _of(CLOSED)),
    Cube("handovers_by_wait", HANDOVERS, ("company", "wait"), ("accepted",)),
    Cube("handovers", HANDOVERS, TICKET, _of(HANDOVERS)),
    Cube("works_by_wait", WORKS, ("company", "wait"), ("fixed",)),
    Cube("works", WORKS, TICKET, _of(WORKS)),
    Cube("events", EVENTS, TICKET, _of(EVENTS)),
    Cube("contacts_by_person", CONTACTS, ("operator", "channel"), _of(CONTACTS)),
    Cube("contacts_by_wait", CONTACTS, ("wait", "channel"), ("answered",)),
    Cube("contacts", CONTACTS, ("weekday", "half", "hour", "channel"), _of(CONTACTS)),
    Cube("calls", CALLS, ("operator", "channel"), _of(CALLS)),
    Cube("escalations_by_person", ESCALATIONS, ("person",), _of(ESCALATIONS)),
    Cube("escalations", ESCALATIONS, ("clock", "rung"), _of(ESCALATIONS)),
    Cube("repeats", REPEATS, TICKET, _of(REPEATS)),
)
SUBJECTS: dict[str, Subject] = {cube.subject.name: cube.subject for cube in CUBES}
# Raised when a condition changes its meaning: what was counted by the former one is then counted anew.
EDITION = "1"


def version_of(subject: Subject) -> str:
    """Counts of other figures, keys or conditions are not these."""
    said = [EDITION, *(f"{cube.name} {cube.keys} {cube.figures}" for cube in CUBES if cube.subject is subject)]
    return sha256("\n".join(said).encode()).hexdigest()[:16]


def cube_for(subject: Subject, names: tuple[str, ...], keys: set[str]) -> Cube | None:
    return next((cube for cube in CUBES if cube.subject is subject and cube.answers(names, keys)), None)
