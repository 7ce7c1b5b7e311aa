"""The portal: an organisation's people and their own tickets; the centre has the desk."""

from typing import Any

from callbacks.models import Escalation
from tests.access import Row

LOGIN = {"anonymous": 302}
# The centre is refused, an organisation without this ticket finds nothing.
OWN = LOGIN | {"uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404, "rest": 403}
OF_DISPATCHER = LOGIN | {"uk": 302, "rso": 404, "foreman": 403, "foreman_idle": 404, "rest": 403}
OF_CREW = LOGIN | {"uk": 302, "rso": 404, "foreman": 302, "foreman_idle": 404, "rest": 403}
# What only the centre does is refused to the organisation that has the ticket, and unknown to others.
OF_CENTRE = LOGIN | {"rso": 404, "foreman_idle": 404, "rest": 403}


def number(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number}


def step(code: str) -> Any:
    return lambda scene: {"number": scene.ticket.number, "step": code}


def alarm(audience: str) -> Any:
    return lambda scene: {"pk": Escalation.objects.unacknowledged().get(audience=audience).pk}


ROWS = [
    Row("portal:list", "GET", LOGIN | {"uk": 200, "rso": 200, "foreman": 200, "foreman_idle": 200, "rest": 403}),
    Row("portal:list", "POST", LOGIN | {"uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405, "rest": 403}),
    Row("portal:card", "GET", OWN, kwargs=number),
    Row("portal:card", "GET", LOGIN | {"uk": 404, "rso": 404, "foreman": 404, "foreman_idle": 404, "rest": 403},
        kwargs=lambda scene: {"number": "26-999999"}),
    Row("portal:step", "GET", LOGIN | {"uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405, "rest": 403},
        kwargs=step("accept")),
    Row("portal:step", "POST", OF_DISPATCHER, kwargs=step("accept")),
    Row("portal:step", "POST", OF_DISPATCHER, kwargs=step("reject"), data=lambda scene: {"reason": "not_ours"}),
    Row("portal:step", "POST", OF_CREW, kwargs=step("start")),
    Row("portal:step", "POST", OF_CREW, kwargs=step("comment"), data=lambda scene: {"note": "Ключ у соседки"}),
    # Too early: the work has not been accepted. Whoever is told so came that far.
    Row("portal:step", "POST", OF_CREW | {"uk": 409, "foreman": 409},
        kwargs=step("report_done"), data=lambda scene: {"works": "Починили"}),
    Row("portal:step", "POST", OF_CENTRE, kwargs=step("assign")),
    Row("portal:step", "POST", OF_CENTRE, kwargs=step("close")),
    Row("portal:step", "POST", OF_CENTRE, kwargs=step("accept_by_phone")),
    Row("portal:step", "POST", LOGIN | {"uk": 404, "rso": 404, "foreman": 404, "foreman_idle": 404, "rest": 403},
        kwargs=step("no_such_step")),
    # His own alarm is answered; of another's nobody learns that there is one.
    Row("portal:answer", "POST", LOGIN | {"uk": 302, "rso": 404, "foreman": 404, "foreman_idle": 404, "rest": 403},
        kwargs=alarm("company")),
    Row("portal:answer", "POST", LOGIN | {"uk": 404, "rso": 404, "foreman": 404, "foreman_idle": 404, "rest": 403},
        kwargs=alarm("supervisor")),
    Row("portal:answer", "GET", LOGIN | {"uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405, "rest": 403},
        kwargs=alarm("company")),
    Row("portal:give", "POST", OF_DISPATCHER, kwargs=number,
        data=lambda scene: {"foreman": scene.people["foreman_idle"].pk}),
]  # fmt: skip
