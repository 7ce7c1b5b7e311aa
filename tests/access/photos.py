"""Photos of the work, and what a foreman's telephone sends: whoever may see the ticket, and nobody else."""

from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.access import Row
from tickets.tests.shots import kept_shot, shot

LOGIN = {"anonymous": 302}
PORTAL_OWN = LOGIN | {"uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404, "rest": 403}
NOBODYS = LOGIN | {"uk": 404, "rso": 404, "foreman": 404, "foreman_idle": 404, "rest": 403}
DESK = LOGIN | {"operator": 200, "supervisor": 200, "head": 200, "admin": 200, "rest": 404}
# From the telephone: never a redirect, never a page.
QUEUE = {"anonymous": 401, "uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404, "rest": 403}
EVERYBODY = {"rest": 200}


def photo(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number, "name": kept_shot(scene.ticket, scene.people["foreman"]).name}


def small(scene: Any) -> dict[str, Any]:
    return photo(scene) | {"small": ".small"}


def unknown(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number, "name": "0" * 32}


def number(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number}


def step(code: str) -> Any:
    return lambda scene: {"number": scene.ticket.number, "step": code}


def sent_photo(scene: Any) -> dict[str, Any]:
    return {"photos": SimpleUploadedFile("x", shot()), "stage": "before", "key": str(uuid4())}


def sent(scene: Any) -> dict[str, Any]:
    return {"key": str(uuid4()), "works": "Починили", "note": "Ключ у соседки"}


ROWS = [
    Row("portal:photo", "GET", PORTAL_OWN, kwargs=photo),
    Row("portal:photo", "GET", PORTAL_OWN, kwargs=small),
    Row("portal:photo", "GET", NOBODYS, kwargs=unknown),
    Row("portal:photo", "POST", LOGIN | {"uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405, "rest": 403},
        kwargs=unknown),
    Row("desk:photo", "GET", DESK, kwargs=photo),
    Row("desk:photo", "GET", DESK, kwargs=small),
    Row("desk:photo", "GET", LOGIN | {"rest": 404}, kwargs=unknown),
    Row("portal:photos", "POST", LOGIN | {"uk": 302, "foreman": 302, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=number, data=sent_photo),
    Row("portal:photos", "GET", LOGIN | {"uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405, "rest": 403},
        kwargs=number),
    Row("portal:sent_photo", "POST", QUEUE, kwargs=number, data=sent_photo),
    Row("portal:sent_photo", "POST", QUEUE | {"uk": 422, "foreman": 422}, kwargs=number),
    Row("api:ticket-photos", "POST",
        {"anonymous": 401, "uk": 201, "foreman": 201, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=number, data=sent_photo),
    Row("api:ticket-photos", "POST",
        {"anonymous": 401, "uk": 415, "foreman": 415, "rso": 404, "foreman_idle": 404, "rest": 403},
        kwargs=number, json=True),
    Row("portal:sent_photo", "GET", {"anonymous": 401, "uk": 405, "rso": 405, "foreman": 405, "foreman_idle": 405,
                                     "rest": 403}, kwargs=number),
    Row("portal:sent_step", "POST", QUEUE, kwargs=step("start"), data=sent),
    Row("portal:sent_step", "POST", QUEUE, kwargs=step("comment"), data=sent),
    # Too early: the work has not been accepted.
    Row("portal:sent_step", "POST", QUEUE | {"uk": 409, "foreman": 409}, kwargs=step("report_done"), data=sent),
    # The dispatcher's own, the centre's own, and none at all.
    Row("portal:sent_step", "POST", QUEUE | {"foreman": 403}, kwargs=step("accept"), data=sent),
    Row("portal:sent_step", "POST", QUEUE | {"uk": 403, "foreman": 403}, kwargs=step("close"), data=sent),
    Row("portal:sent_step", "POST", QUEUE | {"uk": 404, "foreman": 404}, kwargs=step("no_such_step"), data=sent),
    Row("portal:queue", "GET", {"anonymous": 401, "uk": 200, "rso": 200, "foreman": 200, "foreman_idle": 200,
                                "rest": 403}),
    Row("portal:worker", "GET", EVERYBODY),
    Row("portal:worker", "POST", {"rest": 405}),
    Row("portal:offline", "GET", EVERYBODY),
]  # fmt: skip
