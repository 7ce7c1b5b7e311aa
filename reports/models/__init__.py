"""What the reports keep: counts made beforehand, and what was signed. All else they read from where it happened."""

from .tallies import CountedRow, RolledDay, StaleDay, Tally
from .weekly import LONGEST_NOTE, WeeklyCorrection, WeeklyReport

__all__ = ["LONGEST_NOTE", "CountedRow", "RolledDay", "StaleDay", "Tally", "WeeklyCorrection", "WeeklyReport"]
