"""The work as people agreed it, written by hand: the table, the database and these tests must say the same."""

from itertools import product

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import Role
from tickets.workflow import DEAD, LIVE, STEPS, Status, legal_moves, steps_for

# What the organisation may do, step by step; then the centre, then the supervisor alone.
COMPANY_MAY = {
    "assigned": {"accept", "reject", "start", "comment"},
    "accepted": {"start", "plan", "localise", "postpone", "report_done", "not_confirmed", "comment"},
    "in_work": {"plan", "localise", "postpone", "report_done", "not_confirmed", "comment"},
    "postponed": {"start", "comment"},
    "returned": {"start", "plan", "comment"},
    "registered": {"comment"},
    "rejected": {"comment"},
    "done": {"comment"},
    "not_confirmed": {"comment"},
}
FOREMAN_MAY = {
    "assigned": {"start", "comment"},
    "accepted": {"start", "localise", "report_done", "not_confirmed", "comment"},
    "in_work": {"localise", "report_done", "not_confirmed", "comment"},
    "postponed": {"start", "comment"},
    "returned": {"start", "comment"},
    "registered": {"comment"},
    "rejected": {"comment"},
    "done": {"comment"},
    "not_confirmed": {"comment"},
}
OPERATOR_MAY = {
    "registered": {"assign", "cancel", "mark_duplicate", "comment"},
    "assigned": {"assign", "accept_by_phone", "cancel", "mark_duplicate", "answer", "comment"},
    "accepted": {"assign", "plan_by_phone", "localise_by_phone", "done_by_phone", "cancel", "answer", "comment"},
    "rejected": {"assign", "cancel", "mark_duplicate", "answer", "comment"},
    "in_work": {"assign", "plan_by_phone", "localise_by_phone", "done_by_phone", "answer", "comment"},
    "postponed": {"assign", "answer", "comment"},
    "returned": {"assign", "plan_by_phone", "answer", "comment"},
    "done": {"close", "return_to_work", "answer", "comment"},
    "not_confirmed": {"close", "return_to_work", "answer", "comment"},
    "closed": {"reopen"},
    "closed_unconfirmed": {"reopen"},
}
SUPERVISOR_ALONE = {
    "rejected": {"appoint"},
    "done": {"close_unconfirmed"},
    "not_confirmed": {"close_unconfirmed"},
}

MOVES = {
    "registered": {"assigned", "cancelled", "duplicate"},
    "assigned": {"assigned", "accepted", "rejected", "in_work", "cancelled", "duplicate"},
    "accepted": {"assigned", "in_work", "postponed", "done", "not_confirmed", "cancelled"},
    "rejected": {"assigned", "cancelled", "duplicate"},
    "in_work": {"assigned", "postponed", "done", "not_confirmed"},
    "postponed": {"assigned", "in_work"},
    "done": {"returned", "closed", "closed_unconfirmed"},
    "not_confirmed": {"returned", "closed", "closed_unconfirmed"},
    "returned": {"assigned", "in_work"},
    "closed": {"assigned"},
    "closed_unconfirmed": {"assigned"},
    "cancelled": set(),
    "duplicate": set(),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("role", Role)
def test_who_may_do_what(status: Status, role: Role) -> None:
    expected: set[str] = set()
    if role == Role.COMPANY:
        expected = COMPANY_MAY.get(status, set())
    elif role == Role.FOREMAN:
        expected = FOREMAN_MAY.get(status, set())
    elif role == Role.OPERATOR:
        expected = OPERATOR_MAY.get(status, set())
    elif role == Role.SUPERVISOR:
        expected = OPERATOR_MAY.get(status, set()) | SUPERVISOR_ALONE.get(status, set())
    assert set(steps_for(status=status, role=role)) == expected


def test_the_table_makes_exactly_the_agreed_moves() -> None:
    assert legal_moves() == {(Status(source), Status(target)) for source in MOVES for target in MOVES[source]}


@pytest.mark.django_db
def test_the_database_allows_exactly_the_agreed_moves() -> None:
    with connection.cursor() as cursor:
        # The trigger's function alone, on a table with nothing else to say.
        cursor.execute("CREATE TEMPORARY TABLE moves (status text)")
        cursor.execute(
            "CREATE TRIGGER legal BEFORE UPDATE OF status ON moves FOR EACH ROW WHEN (OLD.status <> NEW.status)"
            " EXECUTE FUNCTION ticket_move_is_legal()"
        )
        for source, target in product(Status.values, Status.values):
            if source == target:
                continue
            cursor.execute("INSERT INTO moves VALUES (%s)", [source])
            try:
                with transaction.atomic():
                    cursor.execute("UPDATE moves SET status = %s", [target])
                allowed = True
            except IntegrityError:
                allowed = False
            cursor.execute("DELETE FROM moves")
            assert allowed == (target in MOVES[source]), (source, target)


def test_dead_and_live_share_out_all_statuses() -> None:
    assert set(DEAD) | set(LIVE) == set(Status)
    assert not set(DEAD) & set(LIVE)


@pytest.mark.parametrize("code", STEPS)
def test_a_step_with_reasons_asks_for_one(code: str) -> None:
    step = STEPS[code]
    assert (step.reasons is not None) == ("reason" in step.needs)


def test_the_drawn_workflow_is_fresh() -> None:
    call_command("draw_workflow", "--check")
