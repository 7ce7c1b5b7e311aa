"""The figures of one organisation: the same that the centre reads of it, from the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Avg

from companies.models import Company

from .figures import FIGURES, Number, number
from .period import Period
from .queries import UNTIL_ACCEPTED, Length, Percentile, Share, counts_of, part_of

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
        return part_of(self.numbers["handed_over"], self.numbers["accepted_in_time"])


def own_figures(period: Period, company: Company) -> OwnFigures:
    """One query per subject, all of it narrowed to ``company``."""
    numbers = (
        _count(period, company, ("handed_over", "accepted", "accepted_in_time", "unanswered"))
        | _count(period, company, ("fix_due", "fix_in_time", "fix_late"))
        | _count(period, company, ("done", "returned"))
        | _count(period, company, ("closed", "marked"))
        | _count(period, company, ("registered", "repeated"))
    )
    narrowed = {"company": company.pk}
    took = FIGURES["accepted"].rows(period, narrowed).aggregate(
        median=Percentile(UNTIL_ACCEPTED, part=0.5), p95=Percentile(UNTIL_ACCEPTED, part=0.95)
    )  # fmt: skip
    average = FIGURES["marked"].rows(period, narrowed).aggregate(mark=Avg("mark"))["mark"]
    return OwnFigures(
        period=period,
        numbers=numbers,
        done_in_time=Share(numbers["fix_in_time"], numbers["fix_late"]),
        acceptance=Length(took["median"], took["p95"], numbers["accepted"]),
        mark=Decimal(str(average)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) if average else None,
    )


def _count(period: Period, company: Company, names: Iterable[str]) -> dict[str, Number]:
    """Figures of one subject, in one query."""
    asked = tuple(names)
    found = FIGURES[asked[0]].base(period, {"company": company.pk}).aggregate(**counts_of(period, asked))
    return {name: number(name, found[name], period, company=company.pk) for name in asked}
