"""What the reports keep: counts made beforehand, files, orders. Everything else they read from where it happened."""

from .files import FileKind, ReportFile, ReportLetter, ReportOrder
from .tallies import RolledDay, StaleDay, Tally

__all__ = ["FileKind", "ReportFile", "ReportLetter", "ReportOrder", "RolledDay", "StaleDay", "Tally"]
