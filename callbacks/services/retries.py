"""When to ring again after a call that reached nobody (DOMAIN §6)."""

from datetime import datetime, time, timedelta

from callbacks.calendar import REGION
from callbacks.models import CallAttempt

Outcome = CallAttempt.Outcome


NIGHT_STARTS, NIGHT_ENDS = time(22), time(8)

NO_ANSWER_WAITS = (timedelta(minutes=5), timedelta(minutes=15))
BUSY_WAIT = timedelta(minutes=2)
NIGHT_TRY_WITHIN = timedelta(minutes=30)
# After so many counted attempts over at least so long, a supervisor decides.
ATTEMPTS, EMERGENCY_ATTEMPTS = 3, 5
LEAST_SPAN = timedelta(minutes=20)

# A fault of the line says nothing about the citizen.
COUNTED = {Outcome.NO_ANSWER, Outcome.BUSY}


def next_attempt_at(
    *, outcome: str, counted: int, first_attempt_at: datetime, at: datetime, is_emergency: bool
) -> datetime | None:
    """The moment of the next try, or None when a supervisor must decide.

    ``counted`` includes the attempt that has just ended at ``at``.
    """
    if outcome == Outcome.WRONG_NUMBER:
        return None
    if outcome == Outcome.LINE_FAULT:
        return at
    enough = EMERGENCY_ATTEMPTS if is_emergency else ATTEMPTS
    if counted >= enough and at - first_attempt_at >= LEAST_SPAN:
        return None
    if outcome == Outcome.BUSY:
        following = at + BUSY_WAIT
    else:
        following = at + NO_ANSWER_WAITS[min(counted, len(NO_ANSWER_WAITS)) - 1]
    if is_emergency or (following - first_attempt_at <= NIGHT_TRY_WITHIN and counted < 2):
        return following
    return after_the_night(following)


def after_the_night(moment: datetime) -> datetime:
    """``moment``, or the next 08:00 of the region when it lies between 22:00 and 08:00."""
    local = moment.astimezone(REGION)
    if NIGHT_ENDS <= local.time() < NIGHT_STARTS:
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= NIGHT_STARTS else 0)
    return datetime.combine(day, NIGHT_ENDS, tzinfo=REGION)
