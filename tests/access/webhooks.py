"""The organisation's programs: tokens and webhooks are for those of its dispatchers whose right it is."""

from typing import Any

from accounts.models import ApiToken
from companies.models import WebhookDelivery, WebhookEndpoint
from companies.services.webhooks import add_webhook, announce
from tests.access import Row

LOGIN = {"anonymous": 302}
# Nobody has the right until somebody gives it; in the rows below the dispatcher «uk» has it.
WITHOUT_RIGHT = LOGIN | {"rest": 403}
KEEPER = LOGIN | {"uk": 200, "rest": 403}
DOES = LOGIN | {"uk": 302, "rest": 403}
MAKES = LOGIN | {"uk": 201, "rest": 403}
NOT_HIS = LOGIN | {"uk": 404, "rest": 403}
# The dispatcher of another organisation, with the right there.
FOREIGN = LOGIN | {"rso": 404, "rest": 403}
A_WEBHOOK = {"url": "https://hooks.example.org/new", "events": ["ticket.assigned"]}


def right(*visitors: str, **kwargs: Any) -> Any:
    """Give the right to these visitors, then return the address's arguments."""

    def grant(scene: Any) -> dict[str, Any]:
        for visitor in visitors:
            membership = scene.people[visitor].membership
            membership.manages_programs = True
            membership.save()
        return {name: value(scene) if callable(value) else value for name, value in kwargs.items()}

    return grant


def token(scene: Any) -> int:
    return int(ApiToken.issue(user=scene.people["foreman"], name="обмен")[0].pk)


def foreign_token(scene: Any) -> int:
    return int(ApiToken.issue(user=scene.people["operator"], name="обмен")[0].pk)


def _webhook(scene: Any) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.filter(company=scene.company).first()
    url = "https://hooks.example.org/"
    by = scene.people["uk"]
    return found or add_webhook(company=scene.company, url=url, events=["ticket.assigned"], by=by)


def webhook(scene: Any) -> int:
    return int(_webhook(scene).pk)


def delivery(scene: Any) -> int:
    one = _webhook(scene)
    (row,) = announce(webhooks=[one], event="ticket.assigned", facts={}, at=scene.ticket.registered_at)
    WebhookDelivery.objects.filter(pk=row.pk).update(state="given_up", next_try_at=None)
    return int(row.pk)


ROWS = [
    Row("programs:overview", "GET", WITHOUT_RIGHT),
    Row("programs:overview", "GET", KEEPER, kwargs=right("uk")),
    Row("programs:overview", "POST", LOGIN | {"uk": 405, "rest": 403}, kwargs=right("uk")),
    Row("programs:make-token", "POST", WITHOUT_RIGHT, data=lambda scene: {"name": "1С"}),
    Row("programs:make-token", "POST", MAKES, kwargs=right("uk"), data=lambda scene: {"name": "1С"}),
    Row("programs:make-token", "GET", LOGIN | {"uk": 405, "rest": 403}, kwargs=right("uk")),
    Row("programs:revoke", "POST", WITHOUT_RIGHT, kwargs=right(pk=token)),
    Row("programs:revoke", "POST", DOES, kwargs=right("uk", pk=token)),
    Row("programs:revoke", "POST", FOREIGN, kwargs=right("rso", pk=token)),
    Row("programs:revoke", "POST", NOT_HIS, kwargs=right("uk", pk=foreign_token)),
    Row("programs:revoke", "POST", NOT_HIS, kwargs=right("uk", pk=10**9)),
    Row("programs:add", "POST", WITHOUT_RIGHT, data=lambda scene: A_WEBHOOK),
    Row("programs:add", "POST", MAKES, kwargs=right("uk"), data=lambda scene: A_WEBHOOK),
    Row("programs:webhook", "GET", WITHOUT_RIGHT, kwargs=right(pk=webhook)),
    Row("programs:webhook", "GET", KEEPER, kwargs=right("uk", pk=webhook)),
    Row("programs:webhook", "GET", FOREIGN, kwargs=right("rso", pk=webhook)),
    Row("programs:webhook", "GET", NOT_HIS, kwargs=right("uk", pk=10**9)),
    Row("programs:webhook", "POST", DOES, kwargs=right("uk", pk=webhook), data=lambda scene: A_WEBHOOK),
    Row("programs:webhook", "POST", FOREIGN, kwargs=right("rso", pk=webhook), data=lambda scene: A_WEBHOOK),
    *(
        row
        for act in ("test", "on", "off", "remove", "secret")
        for row in (
            Row("programs:act", "POST", WITHOUT_RIGHT, kwargs=right(pk=webhook, act=act)),
            Row("programs:act", "POST", MAKES if act == "secret" else DOES, kwargs=right("uk", pk=webhook, act=act)),
            Row("programs:act", "POST", FOREIGN, kwargs=right("rso", pk=webhook, act=act)),
        )
    ),
    Row("programs:act", "POST", NOT_HIS, kwargs=right("uk", pk=webhook, act="nonsense")),
    Row("programs:act", "GET", LOGIN | {"uk": 405, "rest": 403}, kwargs=right("uk", pk=webhook, act="remove")),
    Row("programs:replay", "POST", WITHOUT_RIGHT, kwargs=right(pk=webhook, delivery=delivery)),
    Row("programs:replay", "POST", DOES, kwargs=right("uk", pk=webhook, delivery=delivery)),
    Row("programs:replay", "POST", FOREIGN, kwargs=right("rso", pk=webhook, delivery=delivery)),
    Row("programs:replay", "POST", NOT_HIS, kwargs=right("uk", pk=webhook, delivery=10**9)),
    # A part of other pages: empty for whoever has nothing to do with it.
    Row("programs:notice", "GET", LOGIN | {"rest": 200}),
]  # fmt: skip
