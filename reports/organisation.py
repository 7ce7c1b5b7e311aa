"""The figures of one organisation: the same that the centre reads of it, from the same rows."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from companies.models import Company

from .figures import Number
from .period import Period
from .queries import Length, Share, length_of
from .services.days import one_moment
from .services.reading import Reading, percent

# What its people may open the rows of; everything else is the centre's.
OWN = (
    "handed_over", "accepted", "accepted_in_time", "unanswered", "fix_due", "fix_in_time", "fix_late", "done",
    "returned", "closed", "marked", "registered", "repeated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Everything that the page of an organisation prints. ``mark`` is None when nobody gave one: no data, no zero."""

    period: Period
    numbers: dict[str, Number]
    done_in_time: Share
    acceptance: Length
    mark: Decimal | None

    @property
    def accepted_percent(self) -> Decimal | None:
        """The same as in the centre's table of organisations: of everything that was handed over."""
        return percent(self.numbers["accepted_in_time"].count, self.numbers["handed_over"].count)


def own_figures(period: Period, company: Company) -> OwnFigures:
    """One query per subject, all of it narrowed to ``company``."""
    read = Reading(period, {"company": company.pk})
    with one_moment():
        numbers = (
            read.numbers("handed_over", "accepted", "accepted_in_time", "unanswered")
            | read.numbers("fix_due", "fix_in_time", "fix_late")
            | read.numbers("done", "returned")
            | read.numbers("closed", "marked", "marks")
            | read.numbers("registered", "repeated")
        )
        acceptance = length_of(read, "accepted", numbers["accepted"])
    # A sum of marks is no number of rows.
    marks = numbers.pop("marks").count
    return OwnFigures(
        period=period,
        numbers=numbers,
        done_in_time=Share(numbers["fix_in_time"], numbers["fix_late"]),
        acceptance=acceptance,
        mark=mark_of(marks, numbers["marked"].count),
    )


def mark_of(marks: int, marked: int) -> Decimal | None:
    """The plain average to one decimal; None when nobody gave one: no data, no zero."""
    return (Decimal(marks) / marked).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) if marked else None
