"""Who has had a ticket, from when to when; and what happens when two organisations will not have it."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.writes import Refused
from callbacks import alarms
from callbacks.models import Clock
from callbacks.services import rules_in_force
from callbacks.services.promises import new_deadline
from companies.models import Company
from tickets.models import Holding, Ticket, TicketEvent
from tickets.workflow import RejectReason

from .clocks import handed_over_by, save_clocks, title_of

# By these steps an organisation gets the work, and by these it no longer has it.
TAKEN_BY = frozenset({"assign", "appoint", "reopen"})
LEFT_BY = frozenset({"reject", "close", "close_unconfirmed", "cancel", "mark_duplicate"})
# So many different organisations have to refuse before somebody senior decides.
REFUSALS = 2
# A deadline is later than its start; this one asks at once.
AT_ONCE = timedelta(seconds=1)


class TooFewRefusals(Refused):
    message = gettext_lazy("Назначить до решения можно, когда заявку вернули две организации.")
    code = "too_few_refusals"


def keep_chain(*, ticket: Ticket, event: TicketEvent) -> None:
    """End the turn of whoever had the ticket, and begin that of whoever has it now, as ``event`` says."""
    if event.step not in TAKEN_BY | LEFT_BY:
        return
    Holding.objects.filter(ticket=ticket, ended_at=None).update(ended_at=event.happened_at, left_by=event)
    if event.step in TAKEN_BY and ticket.company is not None:
        begin_turn(ticket=ticket, company=ticket.company, at=event.happened_at)


def begin_turn(*, ticket: Ticket, company: Company, at: datetime) -> None:
    Holding.objects.create(ticket=ticket, company=company, started_at=at)


def refusals_of(ticket: Ticket) -> list[TicketEvent]:
    """The last refusal of each organisation since somebody decided whose the work is, the earlier first."""
    events = list(ticket.events.filter(step__in=["reject", "appoint"]).select_related("company").order_by("-pk"))
    refused: dict[int | None, TicketEvent] = {}
    for event in events:
        if event.step == "appoint":
            break
        refused.setdefault(event.company_id, event)
    return sorted(refused.values(), key=lambda event: event.pk)


def ask_who_decides(*, ticket: Ticket, at: datetime) -> None:
    """The second organisation has refused: the supervisor is asked at once, with the reasons of both."""
    refused = refusals_of(ticket)
    if len(refused) < REFUSALS:
        return
    told = "; ".join(f"{event.company}: {RejectReason(event.reason).label}" for event in refused[-REFUSALS:])
    asked = new_deadline(
        clock=Clock.REFUSALS, started_at=at, due_at=at + AT_ONCE, rules=rules_in_force(),
        title=f"{told} · {title_of(ticket)}"[:250], operator=handed_over_by(ticket),
    )  # fmt: skip
    save_clocks(ticket=ticket, deadlines=[asked])
    alarms.ring_at(asked.due_at, now=at)


def check_refusals(ticket: Ticket) -> None:
    """Raises TooFewRefusals."""
    if len(refusals_of(ticket)) < REFUSALS:
        raise TooFewRefusals


def chain_of(ticket: Ticket) -> list[Holding]:
    """Every turn of the ticket, the first one first."""
    return list(Holding.objects.filter(ticket=ticket).select_related("company", "left_by").order_by("pk"))


def why_left(holding: Holding) -> str:
    """In a few words; empty while it has the work."""
    event = holding.left_by
    if event is None:
        return ""
    reason = dict(RejectReason.choices).get(event.reason, "")
    what = str(LEFT[event.step])
    return _("%(what)s: %(reason)s") % {"what": what, "reason": reason} if event.step == "reject" and reason else what


LEFT = {
    "assign": gettext_lazy("передана другой организации"),
    "appoint": gettext_lazy("назначена другая до решения"),
    "reopen": gettext_lazy("возобновлена"),
    "reject": gettext_lazy("вернула в центр"),
    "close": gettext_lazy("закрыта: заявитель подтвердил"),
    "close_unconfirmed": gettext_lazy("закрыта без разговора"),
    "cancel": gettext_lazy("отменена"),
    "mark_duplicate": gettext_lazy("дубликат другой заявки"),
    "import": gettext_lazy("закрыта в прежнем журнале"),
}
