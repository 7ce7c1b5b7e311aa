"""How every service writes: one transaction, rules checked before it ends, refusals as sentences."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .rules import SENTENCES
from .wall import in_front

P = ParamSpec("P")
R = TypeVar("R")


class Refused(Exception):
    """An expected refusal: ``message`` is the sentence the user reads, ``code`` what a program reads."""

    message: Promise | str = _("Так сделать нельзя.")
    code = "refused"

    def __init__(self, message: Promise | str = "") -> None:
        if message:
            self.message = message
        super().__init__(self.message)


class RuleBroken(Refused):
    """The database held a rule that the code had not seen coming: usually somebody else was quicker."""

    code = "rule_broken"

    def __init__(self, rule: str) -> None:
        super().__init__(SENTENCES[rule])
        self.rule = rule


class Busy(Refused):
    """Another transaction holds the row for too long."""

    message = _("Эту запись сейчас меняет кто-то другой. Повторите через несколько секунд.")
    code = "busy"


_depth: ContextVar[int] = ContextVar("depth", default=0)


def write(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction, with the deferred rules asked inside it.

    So the caller gets Refused with a sentence instead of an error at commit. A service called by another one joins
    its transaction and is checked at its end. Unknown database errors travel on: they are bugs. What an organisation's
    person asked for is written with the centre's authority (see accounts.wall): the row was found behind the wall.
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        if _depth.get():
            return function(*args, **kwargs)
        token = _depth.set(1)
        try:
            with in_front():
                result = function(*args, **kwargs)
                with connection.cursor() as cursor:
                    # IMMEDIATE asks the deferred rules now; it outlives a savepoint, hence back to DEFERRED.
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                return result
        except IntegrityError as error:
            rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
            if rule in SENTENCES:
                raise RuleBroken(rule) from error
            raise
        except OperationalError as error:
            # 55P03: lock_timeout passed.
            if getattr(error.__cause__, "pgcode", None) == "55P03":
                raise Busy from error
            raise
        finally:
            _depth.reset(token)

    return wrapped
