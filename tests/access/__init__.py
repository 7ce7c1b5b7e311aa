"""Who may open what, written by hand: one module per face, each with ``ROWS``.

A row is ``Row(route, method, who…)``: the name of the URL (with its namespace), the method, and the statuses that each
kind of person gets. ``own`` and ``foreign`` matter for organisations: their own ticket and somebody else's.
A route of the resolver that no row names fails tests/test_access.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Kinds of visitor. «uk» is the dispatcher of the organisation that has the ticket, «rso» of another one; «foreman»
# was given the ticket, «foreman_idle» of the same organisation was not.
VISITORS = ("anonymous", "operator", "supervisor", "head", "admin", "uk", "rso", "foreman", "foreman_idle")


@dataclass(frozen=True)
class Row:
    """One line of the table. ``status`` maps a visitor to what he gets; «rest» stands for all not named.

    ``kwargs`` and ``data`` get the scene (see tests/test_access.py) and return the URL's arguments and the body.
    302 to the login page is written 302.
    """

    route: str
    method: str
    status: dict[str, int]
    kwargs: Callable[[Any], dict[str, Any]] = field(default=lambda scene: {})
    data: Callable[[Any], dict[str, Any]] = field(default=lambda scene: {})
    json: bool = False

    def expected(self, visitor: str) -> int:
        return self.status[visitor] if visitor in self.status else self.status["rest"]
