"""What the reports keep: counts made beforehand. Everything else they read from where it happened."""

from .tallies import RolledDay, StaleDay, Tally

__all__ = ["RolledDay", "StaleDay", "Tally"]
