"""What the centre's people do at the desk beside the steps, and on the pages of the register."""

from typing import Any

from accounts.models import LineSpell, Role
from callbacks.models import CallbackObligation, Contact
from callbacks.services import claim, start_attempt
from callbacks.services.attempts import finish_attempt
from companies.models import Locality
from tests.hostile.deeds import NOW, Deed, Stage, Told, alarm_of, fresh, of, same
from tests.hostile.deeds_api import CLAIMED, DIALLED, a_promise, promise
from tests.hostile.deeds_portal import unshared
from tests.hostile.deeds_steps import (
    ACCEPTED,
    CLOSED,
    DONE,
    KEY,
    MOVED,
    OF_CLOCKS,
    OF_DONE,
    OF_MOVED,
    STOPPED,
)
from tickets.models import CompanyNote, Handover, IntakeDraft, Outage, PhoneRequest, PhoneStop, SavedView, Ticket
from tickets.services import Address, move_ticket
from tickets.tests.factories import MINUTE, NOON, BuildingFactory, UserFactory, make_contact, make_ticket
from tickets.tests.test_outages import announced, end

LATE = NOON + 22 * MINUTE
# Everything a call is told with: the form of the intake.
CALL = (
    "intake_key obligation talk beside phone no_phone_reason category handed_over handed_to outside_phone scope address"
    " building locality street house flat entrance floor celsius text caller_name for_whom second_phone rings_long"
    " access_note site_phone shares_phone is_emergency company guided_for outage told_live wants_news add_to add_kind"
    " received_at damaged_at"
)  # fmt: skip
# The buttons that end a call without a ticket.
ENDINGS = "answered wrong_number"
TOLD = {"intake_key": KEY, "phone": "8 910 222-33-44", "category": "P03", "street": "ул. Новая", "house": "7",
        "text": "Темно"}  # fmt: skip
OF_CALL = (
    "tickets_ticket tickets_ticketevent tickets_ticketdeadline callbacks_contact callbacks_deadline"
    " callbacks_callbackobligation"
)
KEPT = {
    "callbacks_callbackobligation": "state settled_by_id settled_at claimed_by_id claimed_until counted_attempts"
    " first_attempt_at round_started_at round_attempts next_attempt_at queue_at",
    "callbacks_deadline": STOPPED,
}  # fmt: skip
SPELL = {"accounts_linespell": "ended_at"}


# ── Promises ─────────────────────────────────────────────────────────────────────────────────────────────────────
def in_hand(stage: Stage) -> dict[str, Any]:
    return {"pk": claim(obligation=a_promise(), operator=stage.by, at=NOW - MINUTE / 2).pk}


def exhausted(stage: Stage) -> dict[str, Any]:
    """Rung so often that a supervisor decides."""
    owed, by = a_promise(), UserFactory.create()
    at = NOW
    while owed.state != CallbackObligation.State.EXHAUSTED:
        at += 60 * MINUTE
        finish_attempt(attempt=start_attempt(obligation=owed, operator=by, at=at), outcome="no_answer", at=at)
        owed.refresh_from_db()
    return {"pk": owed.pk}


def asked(stage: Stage) -> dict[str, Any]:
    return {"pk": alarm_of(stage.by).pk}


# ── Outages ──────────────────────────────────────────────────────────────────────────────────────────────────────
def outage(act: str, *, is_over: bool = False) -> Told:
    """With a ticket in it; of more than two of one house the others are not owed a call of their own."""

    def where(stage: Stage) -> dict[str, Any]:
        made = announced(at=LATE, starts_at=LATE, ends_at=NOON + 300 * MINUTE, company=stage.own.company)
        for flat in range(3 if act == "waive" else 1):
            ticket = make_ticket(
                code="W05", at=LATE, company=stage.own.company, outage=made, told_live=True,
                phone=f"+7910111000{flat}", address=Address(building=made.buildings.get(), flat=str(flat)),
            )  # fmt: skip
        if act == "finish":
            # It came back to work after the outage was over.
            Ticket.objects.filter(pk=ticket.pk).update(outage=None, told_live_at=None)
        if is_over:
            end(made, minutes=23)
        if act == "finish":
            Ticket.objects.filter(pk=ticket.pk).update(outage=made)
        return {"pk": made.pk, "act": act}

    return where


def off_at(stage: Stage) -> dict[str, Any]:
    """A ticket at whose house there is an outage that it is not in."""
    made = announced(at=LATE, starts_at=LATE, ends_at=NOON + 300 * MINUTE, company=stage.own.company)
    ticket = make_ticket(code="W05", at=LATE, address=Address(building=made.buildings.get(), flat="1"))
    return {"number": ticket.number}


def in_outage(stage: Stage) -> dict[str, Any]:
    found = outage("news")(stage)
    return {"number": Ticket.objects.get(outage_id=found["pk"]).number}


def three_callers(stage: Stage) -> dict[str, Any]:
    """Enough rang about one trouble in one street."""
    house = BuildingFactory.create(street="ул. Мира")
    for number in range(3):
        make_ticket(code="W05", at=LATE, phone=f"+7910{number:07}", address=Address(building=house, flat=str(number)))
    return {}


def new_outage(stage: Stage) -> dict[str, Any]:
    BuildingFactory.create(street="ул. Мира", house="7")
    return {}


# ── The shift ────────────────────────────────────────────────────────────────────────────────────────────────────
def on_line(stage: Stage) -> dict[str, Any]:
    LineSpell.objects.create(user=stage.by, started_at=LATE)
    return {}


def another_on_line(stage: Stage) -> dict[str, Any]:
    return {"pk": LineSpell.objects.create(user=UserFactory.create(role=Role.OPERATOR), started_at=LATE).pk}


def handover(stage: Stage) -> dict[str, Any]:
    spell = LineSpell.objects.create(user=UserFactory.create(), started_at=NOON, ended_at=LATE)
    return {"pk": Handover.objects.create(spell=spell, at=LATE, note="Домофон 12").pk}


# ── What is kept beside ──────────────────────────────────────────────────────────────────────────────────────────
def draft(stage: Stage) -> dict[str, Any]:
    IntakeDraft.objects.create(key=KEY, user=stage.by, typed={"phone": "8910"}, started_at=LATE, touched_at=LATE)
    return {}


def talk(stage: Stage) -> dict[str, Any]:
    make_contact(at=LATE, phone="+79103334455", taken_by=stage.by)
    return {}


def view(stage: Stage) -> dict[str, Any]:
    return {"pk": SavedView.objects.create(user=stage.by, name="Мой", query="nobody=on").pk}


def asked_phone(answer: str) -> Told:
    def where(stage: Stage) -> dict[str, Any]:
        ticket = Ticket.objects.get(number=unshared(stage)["number"])
        made = PhoneRequest.objects.create(
            ticket=ticket, company=stage.own.company, asked_by=stage.own.dispatcher, reason="Не открывают",
            asked_at=LATE,
        )  # fmt: skip
        return {"pk": made.pk, "answer": answer}

    return where


def stop(stage: Stage) -> dict[str, Any]:
    own = stage.own
    return {"pk": PhoneStop.objects.create(user=own.dispatcher, company=own.company, stopped_at=LATE).pk}


def unread(stage: Stage) -> dict[str, Any]:
    ticket = fresh(stage, "in_work")
    move_ticket(ticket=ticket, step="comment", actor=stage.own.dispatcher, at=LATE + MINUTE, note="Ключ у соседки")
    assert CompanyNote.objects.unread().filter(ticket=ticket).exists()
    return {"number": ticket.number}


def unknown_house(stage: Stage) -> dict[str, Any]:
    make_ticket(at=LATE, address=Address(street="Мирная", house="5", locality="Калуга"))
    return {}


SAID = {"works": "Заменили участок трубы", "said_by": "Петров, 56-56-57"}
OF_OUTAGE = "tickets_outagenews callbacks_deadline"
NEWS = {"tickets_outage": "news_deadline_id", "callbacks_deadline": STOPPED}
# Work that nobody had accepted is accepted by being done.
REPORTED = DONE | {"tickets_ticket": f"{DONE['tickets_ticket']} accepted_at"}
OVER = {"tickets_outage": "ended_at done_at"} | REPORTED

CALLS = [
    Deed("desk:intake", data=same(**TOLD), adds=OF_CALL, takes=f"{CALL} {ENDINGS}", by="operator"),
    Deed("desk:intake", data=same(answered="", **TOLD), word="answered", adds="callbacks_contact",
         takes=f"{CALL} {ENDINGS}", by="operator"),
    Deed("desk:paper", data=lambda stage: TOLD | {"received_at": "2026-02-02T12:10:00", "taken_by": stage.by.pk},
         adds=OF_CALL, takes=f"{CALL} {ENDINGS}", by="operator"),
    Deed("desk:draft", data=same(**TOLD), adds="tickets_intakedraft", takes=CALL, status=204, by="operator"),
    Deed("desk:draft-drop", draft, same(intake_key=KEY), removes="tickets_intakedraft", by="operator"),
    Deed("desk:unfinished-end", draft, same(ended_as="enquiry", draft=KEY, note="Сказал, куда звонить"),
         adds="callbacks_contact", removes="tickets_intakedraft", takes="talk", by="operator"),
    Deed("desk:unfinished-end", talk, lambda stage: {
        "ended_as": "wrong_number", "talk": Contact.objects.get(phone="+79103334455").pk,
    }, {"callbacks_contact": "ended_as note"}, word="talk", takes="draft note", by="operator"),
    Deed("desk:missed", data=same(phone="8 910 555-66-77", reason="missed_call", received_at="2026-02-02T12:20:00"),
         adds="callbacks_contact callbacks_callbackobligation callbacks_deadline", takes="no_phone_reason note",
         by="operator"),
    Deed("desk:known", data=same(phone="+79101234567"), status=200, by="operator"),
    Deed("desk:settle", lambda stage: promise(stage) and {}, lambda stage: {
        "phone": "+79109998877", "note": "Спросил, когда придут",
        "promises": [CallbackObligation.objects.get(number="+79109998877").pk],
    }, KEPT, "callbacks_callattempt", takes="confirmed started_at", status=200, by="operator"),
    *(Deed(route, data=same(**data), takes=takes, status=200, by="operator") for route, data, takes in (
        ("desk:buildings", {"address": "кирова"}, "phone"), ("desk:categories", {"what": "теч"}, ""),
        ("desk:hint", {"text": "Нет отопления"}, "category"), ("desk:guide", TOLD, CALL),
        ("desk:later", {"later_at": "после 18"}, ""),
    )),
]  # fmt: skip
PROMISES = [
    Deed("desk:next", changes=CLAIMED, by="operator"),
    Deed("desk:claim", promise, changes=CLAIMED, by="operator"),
    Deed("desk:release", in_hand, changes=CLAIMED, by="operator"),
    Deed("desk:renew", in_hand, changes=CLAIMED, status=200, by="operator"),
    Deed("desk:dial", promise, adds="callbacks_callattempt", by="operator",
         changes={"callbacks_callbackobligation": "state claimed_by_id claimed_until first_attempt_at round_started_at"
                  " next_attempt_at"}),
    *(Deed("desk:finish", promise, same(**data), changes, adds, word=str(data["result"]), by="operator",
           takes="note call_again_at mark undone undone_words undone_mark later_at later_note not_him_note also")
      for data, changes, adds in (
          ({"result": "busy"}, DIALLED, "callbacks_callattempt"),
          ({"result": "talked", "note": "Ждёт"}, KEPT, "callbacks_callattempt"),
      )),
    Deed("desk:another_round", exhausted, by="supervisor", adds="callbacks_decision",
         changes={"callbacks_callbackobligation": "state rounds round_attempts round_started_at next_attempt_at"
                  " queue_at"}),
    Deed("desk:notice", exhausted, same(text="Позвоните нам"), by="supervisor", adds="callbacks_citizennotice"),
    Deed("desk:waive", promise, same(waiver="caller_declined", note="Не звоните"), by="supervisor",
         changes={"callbacks_callbackobligation": "state waiver waiver_note waived_by_id settled_at",
                  "callbacks_deadline": STOPPED}),
    Deed("desk:acknowledge", asked, same(note="Звоню им"), by="duty", takes="next",
         changes={"callbacks_escalation": "acknowledged_by_id acknowledged_at acknowledged_note repeat_at"}),
    Deed("desk:acknowledge_chosen", data=lambda stage: {"note": "Звоню им", "chosen": [alarm_of(stage.by).pk]},
         changes={"callbacks_escalation": "acknowledged_by_id acknowledged_at acknowledged_note repeat_at"},
         takes="next", by="duty"),
]  # fmt: skip
WORK = [
    Deed("desk:correct_phone", of("in_work"), same(phone="8 910 444-55-66", reason="Ошиблись цифрой"), by="operator",
         changes={"callbacks_contact": "phone extension phone_reversed",
                  "callbacks_callbackobligation": "number extension"},
         adds="tickets_ticketevent"),
    Deed("desk:correct_address", of("in_work"), same(street="ул. Мира", house="5", reason="Ослышались"), by="operator",
         changes={"tickets_ticket": "building_id locality_name street house entrance floor flat search",
                  "callbacks_deadline": "title"},
         takes="locality entrance floor flat", adds="tickets_ticketevent"),
    Deed("desk:notes_read", unread, changes={"tickets_companynote": "read_by_id read_at"}, takes="next",
         by="operator"),
    *(Deed("desk:phone_decide", asked_phone(answer), same(said="Согласна"), word=answer, takes="next", by="operator",
           changes={"tickets_phonerequest": "state decided_by_id decided_at note"}, adds="tickets_ticketevent")
      for answer in ("grant", "refuse")),
    Deed("desk:phone_lift", stop, same(note="Авария в трёх домах"), by="supervisor",
         changes={"tickets_phonestop": "lifted_by_id lifted_at note"}),
    Deed("desk:go_on_line", adds="accounts_linespell", by="operator"),
    Deed("desk:leave_line", on_line, same(note="Ключи в сейфе"), SPELL, "tickets_handover", by="operator"),
    Deed("desk:take_off_line", another_on_line, changes=SPELL, adds="tickets_handover", by="supervisor"),
    Deed("desk:read_handover", handover, changes={"tickets_handover": "read_by_id read_at"}, by="operator"),
    Deed("desk:tickets", data=same(text="темно"), by="operator"),
    Deed("desk:columns-choose", data=same(columns=["phone"]), by="operator"),
    Deed("desk:view-save", data=same(name="Мой"), adds="tickets_savedview", by="operator"),
    Deed("desk:view-rename", view, same(name="Наш"), {"tickets_savedview": "name"}, by="operator"),
    Deed("desk:view-delete", view, removes="tickets_savedview", by="operator"),
    Deed("desk:watch-check", by="supervisor"),
    Deed("desk:unknown_houses", unknown_house, same(
        told_locality="Калуга", told_street="Мирная", told_house="5", locality="г. Калуга", street="ул. Мирная",
        house="5",
    ), {"tickets_ticket": "building_id locality_name street house search"}, "companies_building", by="supervisor"),
    Deed("register:bind", data=lambda stage: {
        "target": "houses", "houses": str(stage.ticket.building_id), "company": stage.own.company.pk, "confirm": "",
        "services": [1], "since": "2026-02-10",
    }, adds="companies_responsibility django_admin_log",
        takes="locality street house_from house_to parity district until replaces", by="admin"),
]  # fmt: skip
OUTAGES = [
    Deed("desk:outage_new", new_outage, lambda stage: {
        "locality": Locality.objects.get(name="г. Калуга").pk, "lines": "ул. Мира 7", "kind": "emergency",
        "services": [1], "text": "Порыв", "starts_at": "2026-02-02T12:20",
    }, takes="manager is_whole category cause company ends_at next_by where like", by="operator",
        adds=f"tickets_outage tickets_outage_services tickets_outagebuilding {OF_OUTAGE}"),
    Deed("desk:outage_houses", new_outage, lambda stage: {
        "locality": Locality.objects.get(name="г. Калуга").pk, "lines": "ул. Мира 7",
    }, takes="manager is_whole", status=200, by="operator"),
    Deed("desk:hunch_dismiss", three_callers, lambda stage: {
        "like": Ticket.objects.get(contact__phone="+79100000000").number, "reason": "Слесарь на месте",
    }, adds="tickets_dismissedhunch", by="operator"),
    # Whoever works on the outage gets the ticket.
    Deed("desk:outage_join", off_at, lambda stage: {"outage": Outage.objects.get(where="ул. Кирова, 1–40").pk},
         MOVED | {"tickets_ticket": "outage_id told_live_at wants_news status company_id transferred_at"}, OF_MOVED,
         takes="wants_news", by="operator"),
    # What was told of the outage does not hold any more: a call is owed again.
    Deed("desk:outage_leave", in_outage, by="operator",
         changes={"tickets_ticket": "outage_id told_live_at wants_news planned_at term_told_at"},
         adds=f"{OF_DONE} tickets_ticketpromise"),
    *(Deed("desk:outage_act", outage(act, is_over=is_over), same(**data), changes, adds, takes=takes, word=act, by=by)
      for act, by, data, takes, changes, adds, is_over in (
          ("news", "operator", {"text": "Бригада на месте"}, "ends_at next_by", NEWS, OF_OUTAGE, False),
          ("accept", "operator", SAID, "ends_at", {"tickets_outage": "accepted_at"} | ACCEPTED,
           "tickets_outagenews tickets_ticketevent", False),
          ("done", "operator", SAID, "", OVER, f"tickets_outagenews {OF_DONE}", False),
          ("end", "operator", SAID, "", OVER, f"tickets_outagenews {OF_DONE}", False),
          ("finish", "operator", SAID, "", REPORTED, OF_DONE, True),
          ("change", "operator", {"text": "Порыв", "where": "ул. Мира"}, "cause company",
           {"tickets_outage": "text where company_id"}, "tickets_outagenews", False),
          ("call_off", "supervisor", {"reason": "Ошиблись улицей"}, "",
           {"tickets_outage": "called_off_at", "callbacks_deadline": STOPPED}, "tickets_outagenews", False),
          ("waive", "supervisor", {"reason": "caller_declined", "note": "Все знают"}, "",
           CLOSED | {"callbacks_callbackobligation": "state waiver waiver_note waived_by_id settled_at"},
           f"tickets_outagenews {OF_CLOCKS}", True),
      )),
]  # fmt: skip
