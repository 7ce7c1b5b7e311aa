"""Writing into the register who answers for what, and reading what that comes to for a house."""

from .bindings import Binding, NothingToChange, Place, Places, bind, change_responsible, plan
from .coverage import Line, coverage_of, houses_of, houses_without, is_gap

__all__ = [
    "Binding",
    "Line",
    "NothingToChange",
    "Place",
    "Places",
    "bind",
    "change_responsible",
    "coverage_of",
    "houses_of",
    "houses_without",
    "is_gap",
    "plan",
]
