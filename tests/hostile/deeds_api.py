"""What programs write beside the steps: calls of all kinds, and what came of ringing back."""

from typing import Any

from callbacks.models import CallbackObligation
from callbacks.services import claim
from tests.hostile.deeds import NOW, Deed, Stage, same
from tickets.tests.factories import MINUTE, NOON, make_promise

DIALLED = {
    "callbacks_callbackobligation": "state counted_attempts first_attempt_at round_attempts round_started_at"
    " next_attempt_at queue_at"
}  # fmt: skip
CLAIMED = {"callbacks_callbackobligation": "state claimed_by_id claimed_until"}


def promise(stage: Stage) -> dict[str, Any]:
    return {"pk": a_promise().pk}


def a_promise() -> CallbackObligation:
    return make_promise(at=NOON + 25 * MINUTE, phone="+79109998877")


def claimed(stage: Stage) -> dict[str, Any]:
    return {"pk": claim(obligation=a_promise(), operator=stage.by, at=NOW).pk}


CALL = {"phone": "+79101112233", "category": "P03", "text": "Темно", "address": {"street": "ул. Новая", "house": "7"}}
DEEDS = [
    Deed("api:tickets", data=same(**CALL), by="operator", status=201,
         adds="tickets_ticket tickets_ticketevent tickets_ticketdeadline callbacks_contact callbacks_deadline"
         " callbacks_callbackobligation",
         takes="no_phone_reason caller_name channel called_at building emergency damaged_at"),
    Deed("api:ticket-search", data=same(phone="+79101234567"), by="operator", status=200),
    Deed("api:missed-calls", data=same(phone="+79105556677"), by="operator", status=201,
         adds="callbacks_contact callbacks_callbackobligation callbacks_deadline",
         takes="no_phone_reason kind received_at note"),
    Deed("api:callback-next", by="operator", changes=CLAIMED, status=200),
    Deed("api:callback-attempts", promise, same(outcome="busy"), DIALLED, "callbacks_callattempt",
         takes="note promised_at confirmed", by="operator", status=201),
    Deed("api:callback-release", claimed, by="operator", changes=CLAIMED, status=204),
]  # fmt: skip
