"""Every figure of the reports, once: a page counts its rows and the list shows the very same rows.

A figure is a condition on the rows of its subject. The subject says which rows belong to a period and by what they may
be narrowed (one operator, one organisation, one hour…). docs/metrics.md tells the same in words.
"""

from .base import FILTERS, NONE, TEN_MINUTES, Figure, Number, Subject, query_of
from .promises import FATES, PROMISE_FIGURES
from .work import WORK_FIGURES

FIGURES: dict[str, Figure] = PROMISE_FIGURES | WORK_FIGURES

__all__ = ["FATES", "FIGURES", "FILTERS", "NONE", "TEN_MINUTES", "Figure", "Number", "Subject", "query_of"]
