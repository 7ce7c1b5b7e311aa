"""The desk: the centre's own people read it; operators and supervisors take calls; to others it is not there."""

from typing import Any

from tests.access import Row

# Who is not signed in is sent to the login page; organisations find nothing here.
NOBODY = {"anonymous": 302, "rest": 404}
READERS = NOBODY | {"operator": 200, "supervisor": 200, "head": 200, "admin": 200}
TAKES_CALLS = NOBODY | {"operator": 200, "supervisor": 200}
SENIORS = NOBODY | {"supervisor": 200, "head": 200, "admin": 200}
DONE = NOBODY | {"operator": 302, "supervisor": 302}


def number(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number}


def step(code: str) -> Any:
    return lambda scene: {"number": scene.ticket.number, "step": code}


def promise(scene: Any) -> dict[str, Any]:
    return {"pk": scene.obligation.pk}


ROWS = [
    Row("desk:queue", "GET", READERS),
    Row("desk:board", "GET", READERS),
    Row("desk:strip", "GET", READERS),
    Row("desk:counts", "GET", READERS),
    Row("desk:tickets", "GET", READERS),
    Row("desk:card", "GET", READERS, kwargs=number),
    Row("desk:callback", "GET", READERS, kwargs=promise),
    Row("desk:alarms", "GET", READERS),
    Row("desk:intake", "GET", TAKES_CALLS),
    # An empty form comes back with its errors.
    Row("desk:intake", "POST", TAKES_CALLS),
    Row("desk:known", "POST", TAKES_CALLS, data=lambda scene: {"phone": "+79101234567"}),
    Row("desk:settle", "POST", TAKES_CALLS),
    Row("desk:buildings", "POST", TAKES_CALLS),
    Row("desk:guide", "POST", TAKES_CALLS),
    Row("desk:registered", "GET", TAKES_CALLS, kwargs=number),
    Row("desk:missed", "GET", TAKES_CALLS),
    Row("desk:missed", "POST", TAKES_CALLS),
    Row("desk:next", "POST", DONE),
    Row("desk:claim", "POST", DONE, kwargs=promise),
    Row("desk:release", "POST", DONE, kwargs=promise),
    Row("desk:renew", "POST", TAKES_CALLS, kwargs=promise),
    Row("desk:dial", "POST", DONE, kwargs=promise),
    Row("desk:finish", "POST", DONE, kwargs=promise, data=lambda scene: {"result": "busy"}),
    Row("desk:another_round", "POST", NOBODY | {"supervisor": 302}, kwargs=promise),
    Row("desk:notice", "POST", NOBODY | {"supervisor": 302}, kwargs=promise),
    Row("desk:waive", "POST", NOBODY | {"supervisor": 302}, kwargs=promise,
        data=lambda scene: {"waiver": "caller_declined", "note": "Не звоните"}),
    # The supervisor of the scene is asked; others of the centre have nothing to answer for.
    Row("desk:acknowledge", "POST", NOBODY | {"supervisor": 302}, kwargs=lambda scene: {"pk": scene.escalation.pk}),
    # Nothing ticked: told so, and back to the page.
    Row("desk:acknowledge_chosen", "POST", NOBODY | {"operator": 302, "supervisor": 302, "head": 302, "admin": 302}),
    # A comment is for those who work on it, an answer of the organisation for nobody here.
    Row("desk:step", "POST", DONE, kwargs=step("comment"), data=lambda scene: {"note": "Домофон не работает"}),
    Row("desk:step", "POST", TAKES_CALLS, kwargs=step("assign")),
    Row("desk:step", "POST", NOBODY, kwargs=step("accept")),
    Row("desk:step", "POST", NOBODY | {"supervisor": 200}, kwargs=step("close_unconfirmed")),
    Row("desk:step", "POST", NOBODY, kwargs=step("no_such_step")),
    Row("desk:watch", "GET", SENIORS),
    Row("desk:watch-check", "POST", NOBODY | {"supervisor": 302, "head": 302, "admin": 302}),
    Row("desk:roster", "GET", SENIORS),
]  # fmt: skip
