"""Further calls about what is known already: who rings again, whose neighbours ring, and what that sets going."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.writes import Refused, write
from callbacks import alarms
from callbacks.models import CallbackObligation, Clock, Contact, Deadline
from callbacks.services import promise_callback, record_inbound_talk, rules_in_force
from callbacks.services.promises import new_deadline
from companies.models import Building
from tickets.models import AddedContact, Category, Ticket, TicketEvent, TicketPromise
from tickets.workflow import LIVE

from .calls import awaits_verdict
from .clocks import save_clocks, title_of
from .steps import owed_of

Kind = AddedContact.Kind
Reason = CallbackObligation.Reason
RepeatScope = Category.RepeatScope

# So many are shown; a longer list means an outage.
SHOWN = 20
# From how far back the same trouble on the same street is looked for.
STREET_WINDOW = timedelta(hours=24)
# The supervisor is asked at this repeat, and at further ones.
ALARMING = 2
# A clock needs a length; the sweep asks at once.
AT_ONCE = timedelta(seconds=1)
WHAT_IT_WAS = {
    Kind.REPEAT: gettext_lazy("Повторное обращение"),
    Kind.NEIGHBOUR: gettext_lazy("Сосед о том же"),
    Kind.NEWS: gettext_lazy("Дополнил сведения"),
}


class TicketDead(Refused):
    message = gettext_lazy("Эта заявка уже закрыта: возобновите её или запишите новую.")
    code = "ticket_dead"


class NoteRequired(Refused):
    message = gettext_lazy("Запишите, что сказал заявитель.")
    code = "note_required"


@dataclass(frozen=True, slots=True)
class Similar:
    """Open tickets that a call may be about: ``own`` it would repeat, ``neighbours`` of the house or street."""

    own: list[Ticket]
    neighbours: list[Ticket]


def similar_open(
    *, at: datetime, category: Category | None = None, building: Building | None = None, street: str = "",
    house: str = "", entrance: str = "", flat: str = "", number: str = "", exclude: Ticket | None = None,
) -> Similar:  # fmt: skip
    """Open tickets like the call that is being written down.

    Own are those that it would repeat by their category's rule: within its hours, from the same number or from the
    scope it names (house, entrance, flat). Neighbours: the same trouble in the house, then in its street today.
    """
    if building is not None:
        street, house = building.street, building.house
    found = Ticket.objects.live().with_row_details().order_by("-registered_at")
    if exclude is not None:
        found = found.exclude(pk=exclude.pk)
    if category is not None:
        found = found.filter(category=category)
    in_street = found.filter(street=street)
    if building is not None:
        in_street = in_street.filter(locality_name=building.locality.name)
    here = in_street.filter(house=house)
    own: dict[int, Ticket] = {}
    if number:
        his = (here if street and house else found).filter(contact__phone=number)
        own = {one.pk: one for one in his[:SHOWN] if _is_recent(one, at)}
    if category is None or not street:
        return Similar(list(own.values()), [])
    alike = list(here[:SHOWN]) if house else []
    own |= {one.pk: one for one in alike if _is_recent(one, at) and _is_in_scope(one, entrance=entrance, flat=flat)}
    neighbours = [one for one in alike if one.pk not in own]
    if len(neighbours) < SHOWN:
        near = in_street.exclude(house=house).filter(registered_at__gte=at - STREET_WINDOW)
        neighbours += list(near[: SHOWN - len(neighbours)])
    return Similar(list(own.values()), neighbours)


def _is_recent(ticket: Ticket, at: datetime) -> bool:
    hours = ticket.category.repeat_hours
    return hours is not None and ticket.registered_at >= at - timedelta(hours=hours)


def _is_in_scope(ticket: Ticket, *, entrance: str, flat: str) -> bool:
    """Whether a call from there is about the same by the rule of the category."""
    match ticket.category.repeat_scope:
        case RepeatScope.HOUSE:
            return True
        case RepeatScope.ENTRANCE:
            return bool(entrance) and ticket.entrance == entrance
        case RepeatScope.FLAT:
            return bool(flat) and ticket.flat == flat
    return False


@write
def add_to_ticket(
    *, ticket: Ticket, contact: Contact, kind: AddedContact.Kind, operator: User, at: datetime, note: str
) -> AddedContact:
    """Write a further call down as part of an open ticket; ``contact`` is unsaved, but for one whom we ring back now.

    What we owed this number about the ticket, and any call of his that we missed, is satisfied by this talk. A repeat
    counts, and from the second one on the supervisor is asked; a neighbour is promised a call of his own. The same
    form again (``contact.intake_key``) returns what was added. Raises TicketDead, NoteRequired.
    """
    # The row first: of the same form sent twice, the second sender waits here and then finds what the first wrote.
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).with_step_details().get(pk=ticket.pk)
    if contact.intake_key and (known := AddedContact.objects.filter(contact__intake_key=contact.intake_key).first()):
        return known
    if held.status not in LIVE:
        raise TicketDead
    if not note.strip():
        raise NoteRequired
    # Whoever was missed before is being rung now: that call is written down by itself.
    rings_himself = contact.pk is None
    contact.ended_as, contact.note = Contact.EndedAs.ADDED, note.strip()
    contact.taken_by = contact.taken_by or operator
    contact.save()
    added = AddedContact.objects.create(ticket=held, contact=contact, kind=kind)
    if rings_himself:
        _satisfy(held, contact, operator=operator, at=at, note=note)
    what = str(WHAT_IT_WAS[Kind(kind)])
    if kind == Kind.REPEAT:
        held.repeats += 1
        Ticket.objects.filter(pk=held.pk).update(repeats=held.repeats)
        what = _("Повторное обращение, %s-е") % held.repeats
        if held.repeats >= ALARMING:
            _ask_supervisor(held, at=at)
    if kind == Kind.NEIGHBOUR:
        promise = promise_callback(
            contact=contact, reason=Reason.FIRST_ANSWER, at=at,
            promised_at=min(contact.received_at, at) if rings_himself else at,
            is_danger=held.category.is_danger, operator=operator, title=title_of(held),
        )  # fmt: skip
        TicketPromise.objects.create(ticket=held, obligation=promise)
    TicketEvent.objects.create(
        ticket=held, step="comment", actor=operator, from_status=held.status, to_status=held.status,
        company=held.company, happened_at=at, note=f"{what}: {note.strip()}"[:8000], details={"added": str(kind)},
    )  # fmt: skip
    alarms.tell_screens("tickets", held.number)
    return added


def _satisfy(ticket: Ticket, contact: Contact, *, operator: User, at: datetime, note: str) -> None:
    """He has reached us now: his open promises on this ticket, and his calls that we missed, are talked over.

    A control call is not: it asks whether the work was done, and that answer is written down with it.
    """
    if not contact.phone:
        return
    started_at = min(contact.received_at, at)
    missed = CallbackObligation.objects.outstanding().filter(
        number=contact.phone, reason__in=CallbackObligation.UNHEARD, promised_at__lte=started_at
    )
    about_it = [
        owed
        for owed in owed_of(ticket)
        if owed.number == contact.phone and owed.promised_at <= started_at and not awaits_verdict(ticket, owed)
    ]
    if talked_over := {owed.pk: owed for owed in [*missed, *about_it]}:
        record_inbound_talk(
            obligations=talked_over.values(), operator=operator, started_at=started_at, at=at, note=note
        )


def _ask_supervisor(ticket: Ticket, *, at: datetime) -> None:
    """He has had to ring again and again: somebody senior looks why, now."""
    if Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock=Clock.REPEATS).exists():
        return
    asked = new_deadline(
        clock=Clock.REPEATS, started_at=at, due_at=at + AT_ONCE, rules=rules_in_force(), title=title_of(ticket),
        operator=ticket.registered_by,
    )  # fmt: skip
    save_clocks(ticket=ticket, deadlines=[asked])
    alarms.ring_at(asked.due_at, now=at)
