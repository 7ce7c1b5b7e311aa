"""What an organisation's people do beside the steps: alarms, photos, telephones, colleagues, programs."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import ApiToken, User
from companies.models import Membership, WebhookDelivery, WebhookEndpoint
from tests.hostile.deeds import Deed, Stage, Told, alarm_of, fresh, of, same
from tests.hostile.deeds_steps import KEY
from tickets.models import Ticket
from tickets.tests.shots import shot

OF_PHOTO = "tickets_ticketphoto tickets_ticketevent"
PHOTO = "photos stage key pressed_at sent_at"
A_WEBHOOK = {"url": "https://hooks.example.org/new", "events": ["ticket.assigned"]}
PERSON = "role post manages_users"
# What is changed of a person is written down beside it.
OF_PERSON = "django_admin_log"


def photo(stage: Stage) -> dict[str, Any]:
    return {"photos": SimpleUploadedFile("x", shot()), "stage": "before", "key": KEY}


def shared(stage: Stage) -> dict[str, Any]:
    """Accepted, and the citizen lets the foreman have his number."""
    ticket = fresh(stage, "accepted")
    Ticket.objects.filter(pk=ticket.pk).update(shares_phone=True)
    return {"number": ticket.number}


def unshared(stage: Stage) -> dict[str, Any]:
    ticket = fresh(stage, "accepted")
    Ticket.objects.filter(pk=ticket.pk).update(shares_phone=False)
    return {"number": ticket.number}


def keeps(right: str, which: str = "", **words: Any) -> Told:
    """The dispatcher has the right; the address is of ``which`` of his organisation."""

    def where(stage: Stage) -> dict[str, Any]:
        Membership.objects.filter(user=stage.by).update(**{right: True})
        rows: dict[str, Callable[[], dict[str, Any]]] = {
            "": dict, "foreman": lambda: {"pk": stage.own.foreman.membership.pk},
            "token": lambda: {"pk": ApiToken.issue(user=stage.by, name="обмен")[0].pk},
            "webhook": lambda: {"pk": webhook(stage).pk},
            "delivery": lambda: {"pk": webhook(stage).pk, "delivery": given_up(stage).pk},
        }  # fmt: skip
        return rows[which]() | words

    return where


def webhook(stage: Stage) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(company=stage.own.company)


def given_up(stage: Stage) -> WebhookDelivery:
    found = WebhookDelivery.objects.get(endpoint=webhook(stage))
    WebhookDelivery.objects.filter(pk=found.pk).update(state="given_up", next_try_at=None)
    return found


def stopped(stage: Stage) -> dict[str, Any]:
    """Its webhook was switched off, and there is something to be heard of it."""
    found = webhook(stage)
    WebhookEndpoint.objects.filter(pk=found.pk).update(is_active=False)
    return keeps("manages_programs", "webhook", act="on")(stage)


def disabled(stage: Stage) -> dict[str, Any]:
    User.objects.filter(pk=stage.own.foreman.pk).update(is_active=False)
    return keeps("manages_users", "foreman", act="enable")(stage)


PORTAL = [
    Deed("portal:give", of("ticket"), lambda stage: {"foreman": stage.own.foreman.pk},
         {"tickets_ticket": "foreman_id"}, "tickets_ticketevent"),
    Deed("portal:answer", lambda stage: {"pk": alarm_of(stage.by).pk}, same(note="Едем"),
         {"callbacks_escalation": "acknowledged_by_id acknowledged_at acknowledged_note repeat_at"}, takes="tab"),
    *(Deed("portal:photos", of("in_work"), photo, {}, OF_PHOTO, takes=f"{PHOTO} tab", by=by)
      for by in ("dispatcher", "foreman")),
    *(Deed("portal:sent_photo", of("in_work"), photo, {}, OF_PHOTO, takes=PHOTO, status=200, by=by)
      for by in ("dispatcher", "foreman")),
    *(Deed("api:ticket-photos", of("in_work"), photo, {}, OF_PHOTO, takes=PHOTO, status=201, by=by, has_files=True)
      for by in ("dispatcher", "foreman")),
    Deed("portal:search", data=same(words="кирова"), status=200),
    Deed("portal:screen", data=same(sound="on"), adds="accounts_presence", status=204),
    *(Deed("portal:phone", shared, adds="accounts_accessrecord", status=200, by=by)
      for by in ("dispatcher", "foreman")),
    *(Deed("portal:phone-ask", unshared, same(reason="Не открывают"),
           adds="tickets_phonerequest tickets_ticketevent", by=by)
      for by in ("dispatcher", "foreman")),
    Deed("portal:order", shared, adds="accounts_accessrecord", status=200),
    Deed("portal:letters", takes="wanted", changes={"companies_membership": "wants_letters"}),
    Deed("portal:person-invite", keeps("manages_users"),
         same(last_name="Новиков", first_name="Пётр", email="novikov@example.org", role="foreman", post="dispatcher"),
         {}, f"accounts_user companies_membership {OF_PERSON}", takes=PERSON),
    Deed("portal:person", keeps("manages_users", "foreman"), same(role="company", post="head"),
         {"accounts_user": "role", "companies_membership": "post"}, OF_PERSON,
         takes=PERSON),
    Deed("portal:person-act", keeps("manages_users", "foreman", act="disable"), word="disable",
         changes={"accounts_user": "is_active"}, adds=OF_PERSON),
    Deed("portal:person-act", disabled, word="enable", changes={"accounts_user": "is_active"}, adds=OF_PERSON),
    Deed("portal:person-act", keeps("manages_users", "foreman", act="invite"), word="invite"),
]  # fmt: skip

PROGRAMS = [
    Deed("programs:make-token", keeps("manages_programs"), same(name="1С"), adds="accounts_apitoken", status=201),
    Deed("programs:revoke", keeps("manages_programs", "token"),
         changes={"accounts_apitoken": "revoked_at revoked_by_id is_active"}),
    Deed("programs:add", keeps("manages_programs"), same(**A_WEBHOOK), {}, "companies_webhookendpoint", status=201),
    Deed("programs:webhook", keeps("manages_programs", "webhook"), same(**A_WEBHOOK),
         {"companies_webhookendpoint": "url events"}),
    Deed("programs:act", keeps("manages_programs", "webhook", act="test"), word="test",
         adds="companies_webhookdelivery"),
    Deed("programs:act", stopped, word="on", changes={"companies_webhookendpoint": "is_active"}),
    Deed("programs:act", keeps("manages_programs", "webhook", act="off"), word="off",
         # What was waiting to be sent is given up.
         changes={"companies_webhookendpoint": "is_active",
                  "companies_webhookdelivery": "state next_try_at last_error"}),
    Deed("programs:act", keeps("manages_programs", "webhook", act="remove"), word="remove",
         changes={"companies_company": "has_webhooks"}, removes="companies_webhookendpoint companies_webhookdelivery"),
    Deed("programs:act", keeps("manages_programs", "webhook", act="secret"), word="secret",
         changes={"companies_webhookendpoint": "salt"}, status=201),
    Deed("programs:replay", keeps("manages_programs", "delivery"),
         changes={"companies_webhookdelivery": "state next_try_at give_up_at"}),
]  # fmt: skip
