"""docs/metrics.md explains every figure that there is, by the title that people read, and none that there is not."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.utils.translation import override

from reports.figures import FIGURES, TEN_MINUTES

METRICS = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
ROWS = [line for line in METRICS.splitlines() if line.startswith("|")]
# Figures that are explained: the name in the first column, then what the row says of it.
EXPLAINED = {
    found[1]: [cell.strip() for cell in line.strip("|").split("|")]
    for line in ROWS
    if (found := re.match(r"\| `(\w+)` \|", line))
}


def test_every_figure_is_explained_once() -> None:
    told = Counter(re.match(r"\| `(\w+)` \|", line)[1] for line in ROWS if line.startswith("| `"))  # type: ignore[index]
    assert told == Counter(list(FIGURES))


@pytest.mark.parametrize("name", FIGURES)
def test_it_stands_under_the_title_that_people_read(name: str) -> None:
    with override("ru"):
        assert EXPLAINED[name][1] == str(FIGURES[name].title)
    formula, unit = EXPLAINED[name][2:4]
    assert formula
    assert unit


def test_every_name_in_a_table_is_a_figure() -> None:
    spans = [span for line in ROWS for span in re.findall(r"`([^`]+)`", line)]
    # The moment of the report is said often and is no figure.
    assert set(spans) - {"at"} <= set(FIGURES)


def test_every_name_in_a_formula_is_a_figure() -> None:
    """Between tables too: what looks like a name of ours beside ÷, + or × is one."""
    names = re.findall(r"`([a-z_]+)` [÷×+−]", METRICS) + re.findall(r"[÷×+−] \(?`([a-z_]+)`", METRICS)
    assert set(names) <= set(FIGURES)
    assert len(names) > 20


def test_every_reason_of_ten_minutes_is_named() -> None:
    paragraph = next(part for part in METRICS.split("\n\n") if part.startswith("**Ten minutes.**"))
    assert set(TEN_MINUTES) <= set(re.findall(r"\*([a-z_]+)\*", paragraph))
