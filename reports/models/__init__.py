"""What the reports keep: counts, files, orders, and what was signed. All else they read from where it happened."""

from .files import FileKind, ReportFile, ReportLetter, ReportOrder
from .tallies import CountedRow, RolledDay, StaleDay, Tally
from .weekly import LONGEST_NOTE, WeeklyCorrection, WeeklyReport

__all__ = [
    "LONGEST_NOTE",
    "CountedRow",
    "FileKind",
    "ReportFile",
    "ReportLetter",
    "ReportOrder",
    "RolledDay",
    "StaleDay",
    "Tally",
    "WeeklyCorrection",
    "WeeklyReport",
]
