"""The portal beside the work itself: search, sound, telephones, papers, colleagues, figures; and the desk's answers."""

from typing import Any

from accounts import clock
from companies.models import Membership
from tests.access import Row
from tickets.models import PhoneRequest, PhoneStop, Ticket
from tickets.services import move_ticket

LOGIN = {"anonymous": 302}
# Anybody of an organisation, for himself.
ANYBODY = LOGIN | {"rest": 403}
OWN = LOGIN | {"uk": 200, "foreman": 200, "rso": 404, "foreman_idle": 404, "rest": 403}
# Neither dispatcher keeps the people of his organisation: a right apart from the role.
NOT_MANAGER = LOGIN | {"rest": 403}
OF_READERS = LOGIN | {"supervisor": 200, "head": 200, "admin": 200, "rest": 404}
OF_CENTRE = LOGIN | {"operator": 200, "supervisor": 200, "head": 200, "admin": 200, "rest": 404}
ANSWERS = LOGIN | {"operator": 302, "supervisor": 302, "rest": 404}


def each(status: int) -> dict[str, int]:
    return LOGIN | {"uk": status, "rso": status, "foreman": status, "foreman_idle": status, "rest": 403}


def dispatchers(status: int) -> dict[str, int]:
    return LOGIN | {"uk": status, "rso": status, "rest": 403}


def number(scene: Any) -> dict[str, Any]:
    return {"number": scene.ticket.number}


def accepted(scene: Any, **given: Any) -> dict[str, Any]:
    move_ticket(ticket=scene.ticket, step="accept", actor=scene.people["uk"], at=clock.now())
    Ticket.objects.filter(pk=scene.ticket.pk).update(**{"shares_phone": False} | given)
    return number(scene)


def shared(scene: Any) -> dict[str, Any]:
    return accepted(scene, shares_phone=True)


def asked(scene: Any) -> PhoneRequest:
    return PhoneRequest.objects.create(
        ticket=scene.ticket, company=scene.company, asked_by=scene.people["uk"], reason="Не открывают",
        asked_at=scene.ticket.registered_at,
    )  # fmt: skip


def stop(scene: Any) -> dict[str, Any]:
    made = PhoneStop.objects.create(
        user=scene.people["uk"], company=scene.company, stopped_at=scene.ticket.registered_at
    )
    return {"pk": made.pk}


def managed(scene: Any) -> dict[str, Any]:
    """The foreman's line, whose dispatcher may change it."""
    Membership.objects.filter(user=scene.people["uk"]).update(manages_users=True)
    return {"pk": scene.people["foreman"].membership.pk}


def of_managed(act: str) -> Any:
    return lambda scene: managed(scene) | {"act": act}


def answer(code: str) -> Any:
    return lambda scene: {"pk": asked(scene).pk, "answer": code}


PERSON = {"role": "foreman", "post": "dispatcher"}
INVITED = PERSON | {"last_name": "Новиков", "first_name": "Пётр", "email": "novikov@example.org"}
# Whoever keeps his people finds them; the other organisation's dispatcher keeps nobody.
BY_MANAGER = LOGIN | {"uk": 302, "rest": 403}

ROWS = [
    Row("portal:search", "POST", each(200), data=lambda scene: {"words": "кирова"}),
    Row("portal:search", "POST", each(422)),
    Row("portal:search", "GET", each(405)),
    Row("portal:screen", "POST", each(204), data=lambda scene: {"sound": "on"}),
    Row("portal:screen", "POST", each(422), data=lambda scene: {"sound": "loud"}),
    Row("portal:screen", "GET", each(405)),
    # Not accepted yet: nobody sees the number.
    Row("portal:phone", "POST", OWN | {"uk": 409, "foreman": 409}, kwargs=number),
    Row("portal:phone", "POST", OWN, kwargs=shared),
    Row("portal:phone", "GET", each(405), kwargs=shared),
    Row("portal:phone-ask", "POST", OWN | {"uk": 302, "foreman": 302}, kwargs=accepted,
        data=lambda scene: {"reason": "Не открывают"}),
    Row("portal:phone-ask", "POST", OWN | {"uk": 422, "foreman": 422}, kwargs=accepted),
    Row("portal:phone-ask", "GET", each(405), kwargs=number),
    Row("portal:order", "GET", OWN, kwargs=number),
    Row("portal:order", "POST", OWN, kwargs=shared),
    Row("portal:order", "POST", OWN | {"uk": 302, "foreman": 302}, kwargs=number),
    Row("portal:act", "GET", OWN, kwargs=number),
    Row("portal:people", "GET", dispatchers(200)),
    Row("portal:letters", "POST", dispatchers(302)),
    Row("portal:letters", "GET", each(405)),
    Row("portal:person-invite", "POST", NOT_MANAGER, data=lambda scene: INVITED),
    Row("portal:person-invite", "GET", each(405)),
    Row("portal:person", "POST", NOT_MANAGER, kwargs=lambda scene: {"pk": scene.people["foreman"].membership.pk},
        data=lambda scene: PERSON),
    Row("portal:person", "POST", BY_MANAGER, kwargs=managed, data=lambda scene: PERSON),
    Row("portal:person", "POST", BY_MANAGER | {"uk": 422}, kwargs=managed,
        data=lambda scene: PERSON | {"role": "head"}),
    # A stranger's person is nobody.
    Row("portal:person", "POST", BY_MANAGER | {"uk": 404}, data=lambda scene: PERSON,
        kwargs=lambda scene: managed(scene) and {"pk": scene.people["rso"].membership.pk}),
    Row("portal:person-act", "POST", BY_MANAGER, kwargs=of_managed("disable")),
    Row("portal:person-act", "POST", BY_MANAGER | {"uk": 404}, kwargs=of_managed("delete")),
    Row("portal:person-act", "GET", each(405), kwargs=of_managed("disable")),
    # The centre's answers.
    Row("desk:notes", "GET", OF_CENTRE),
    Row("desk:notes_read", "POST", ANSWERS, kwargs=number),
    Row("desk:phone_decide", "POST", ANSWERS, kwargs=answer("grant"), data=lambda scene: {"said": "Согласна"}),
    Row("desk:phone_decide", "POST", ANSWERS, kwargs=answer("refuse"), data=lambda scene: {"said": "Против"}),
    Row("desk:phone_decide", "POST", LOGIN | {"rest": 404}, kwargs=answer("sell"), data=lambda scene: {"said": "!"}),
    Row("desk:phones", "GET", OF_READERS),
    Row("desk:phone_lift", "POST", LOGIN | {"supervisor": 302, "head": 302, "rest": 404}, kwargs=stop,
        data=lambda scene: {"note": "Авария в трёх домах"}),
    # Figures.
    Row("reports:own", "GET", LOGIN | {"uk": 200, "rso": 200, "rest": 404}),
    Row("reports:own", "GET", LOGIN | {"uk": 400, "rso": 400, "rest": 404}, data=lambda scene: {"from": "no day"}),
    Row("reports:own-tickets", "GET", LOGIN | {"uk": 200, "rso": 200, "rest": 404},
        data=lambda scene: {"cell": "handed_over"}),
    # Figures of the centre are none of theirs.
    Row("reports:own-tickets", "GET", LOGIN | {"rest": 404}, data=lambda scene: {"cell": "missed"}),
    Row("reports:company", "GET", OF_READERS, kwargs=lambda scene: {"pk": scene.company.pk}),
]  # fmt: skip
