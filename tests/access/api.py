"""The API: who may ask for what. A stranger's ticket is a 404; what a role never does is a 403."""

from typing import Any

from tests.access import Row

CENTRE = {"operator": 200, "supervisor": 200, "head": 200, "admin": 200}
NOBODY = {"anonymous": 401}
ALL = NOBODY | {"rest": 200}
OF_CENTRE = NOBODY | CENTRE | {"rest": 403}
TAKES_CALLS = NOBODY | {"operator": 200, "supervisor": 200, "rest": 403}
# Reading a ticket: the centre, the organisation that has it, and the foreman it was given to.
OWN = NOBODY | CENTRE | {"uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404}


def number(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number}


def step(code: str) -> Any:
    return lambda scene: {"number": scene.ticket.number, "step": code}


def promise(scene: Any) -> dict[str, Any]:
    return {"pk": scene.obligation.pk}


def a_call(scene: Any) -> dict[str, Any]:
    address = {"street": "ул. Кирова", "house": "20"}
    return {"phone": "+79101112233", "category": "P03", "text": "Темно", "address": address}


ROWS = [
    Row("api:tickets", "GET", ALL),
    Row("api:tickets", "POST", TAKES_CALLS | {"operator": 201, "supervisor": 201}, data=a_call, json=True),
    Row("api:ticket-search", "POST", OF_CENTRE, data=lambda scene: {"phone": "+79101234567"}, json=True),
    Row("api:ticket", "GET", OWN, kwargs=number),
    Row("api:ticket-steps", "GET", OWN, kwargs=number),
    # The organisation's own step: the centre is of another role, other organisations do not see the ticket.
    Row("api:ticket-step", "POST", NOBODY | {"uk": 200, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("accept"), json=True),
    Row("api:ticket-step", "POST", NOBODY | {"uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("start"), json=True),
    # A comment is for all who work on it, not for those who only read.
    Row("api:ticket-step", "POST",
        NOBODY | {"operator": 200, "supervisor": 200, "uk": 200, "foreman": 200, "head": 403, "admin": 403,
                  "rso": 404, "foreman_idle": 404},
        kwargs=step("comment"), data=lambda scene: {"note": "Домофон не работает"}, json=True),
    # The centre's own steps: without what they need they are refused, which shows that the caller came that far.
    Row("api:ticket-step", "POST",
        NOBODY | {"operator": 400, "supervisor": 400, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("assign"), json=True),
    Row("api:ticket-step", "POST",
        NOBODY | {"operator": 409, "supervisor": 409, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("close"), json=True),
    Row("api:ticket-step", "POST", NOBODY | {"supervisor": 409, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("close_unconfirmed"), json=True),
    Row("api:ticket-step", "POST", NOBODY | {"rest": 404}, kwargs=step("no_such_step"), json=True),
    Row("api:missed-calls", "POST", TAKES_CALLS | {"operator": 201, "supervisor": 201},
        data=lambda scene: {"phone": "+79105556677", "kind": "message", "note": "Нет воды"}, json=True),
    Row("api:callbacks", "GET", OF_CENTRE),
    Row("api:callback-next", "POST", TAKES_CALLS, json=True),
    Row("api:callback-attempts", "POST", TAKES_CALLS | {"operator": 201, "supervisor": 201},
        kwargs=promise, data=lambda scene: {"outcome": "busy"}, json=True),
    # Nobody holds it: who may give calls back is told so.
    Row("api:callback-release", "POST", TAKES_CALLS | {"operator": 409, "supervisor": 409}, kwargs=promise, json=True),
    Row("api:companies", "GET", ALL),
    Row("api:buildings", "GET", ALL),
    Row("api:categories", "GET", ALL),
    Row("api:schema", "GET", {"rest": 200}),
    Row("api:docs", "GET", {"rest": 200}),
    Row("api:nothing", "GET", {"rest": 404}),
    Row("api:nothing", "POST", {"rest": 404}, json=True),
]  # fmt: skip
