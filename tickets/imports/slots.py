"""When the people of an old log are rung: spread over working days, so that they are not all owed a call at once."""

import math
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from callbacks.calendar import REGION, is_working_day
from callbacks.models import CalendarDay

# In these hours of the region, and no more than so many an hour: they come on top of the day's own calls.
FROM, TO = time(9), time(18)
MOST_AN_HOUR = 60
DAYS = 5


def slots(count: int, *, at: datetime, days: int = DAYS) -> Iterator[datetime]:
    """``count`` moments from the next working day on, over ``days`` working days, or as many as it takes."""
    first = datetime.combine(at.astimezone(REGION).date(), FROM, tzinfo=REGION)
    hours = (datetime.combine(first, TO) - datetime.combine(first, FROM)) / timedelta(hours=1)
    days = max(days, math.ceil(count / (hours * MOST_AN_HOUR)))
    overrides = dict(CalendarDay.objects.filter(day__gte=first.date()).values_list("day", "is_working"))
    chosen: list[datetime] = []
    day = first
    while len(chosen) < days:
        day += timedelta(days=1)
        if is_working_day(day.date(), overrides):
            chosen.append(day)
    a_day = math.ceil(count / days) or 1
    for number in range(count):
        # The first of each day, then the second of each: few people are spread as widely as many.
        turn, which = divmod(number, days)
        yield chosen[which] + timedelta(hours=hours) * (turn + 1) / (a_day + 1)
