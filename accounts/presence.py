"""When somebody was last seen at a screen of ours. A program with a token is nobody's presence.

It is written at most once a minute for each person and process, so that looking at a page does not become writing.
"""

import time
from datetime import timedelta

import structlog
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from .wall import in_front

log = structlog.get_logger(__name__)

# Whoever was not seen for so long is away.
AWAY_AFTER = timedelta(minutes=10)
# So many seconds a process believes what it has written.
WRITTEN_FOR = 60.0

_written: dict[int, float] = {}


def keep_seen(user_id: int) -> None:
    """Write down that this person is here now, unless it was written a moment ago."""
    now = time.monotonic()
    if now - _written.get(user_id, -WRITTEN_FOR) < WRITTEN_FOR:
        return
    _written[user_id] = now
    try:
        with connection.cursor() as cursor:
            # Other processes serve the same person: of their writes within a minute one is enough.
            cursor.execute(
                "INSERT INTO accounts_presence AS known (user_id, seen_at) VALUES (%s, clock_timestamp())"
                " ON CONFLICT (user_id) DO UPDATE SET seen_at = EXCLUDED.seen_at"
                " WHERE known.seen_at < EXCLUDED.seen_at - interval '50 seconds'",
                [user_id],
            )
    except DatabaseError as error:
        # A page that could be read is not taken away for want of this note.
        log.warning("presence_not_written", error=type(error).__name__)


def keep_sound(user_id: int, sound: str) -> None:
    """Write down whether an alarm would be heard where this person sits, and that he is there.

    Of several tabs one that sounds is enough: another that the browser keeps silent does not take its word back
    within a minute and a half. A sound that he switched off is off in all of them.
    """
    with in_front(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_presence AS known (user_id, seen_at, sound, sound_at)"
            " VALUES (%s, clock_timestamp(), %s, clock_timestamp())"
            " ON CONFLICT (user_id) DO UPDATE SET seen_at = EXCLUDED.seen_at,"
            " sound = CASE WHEN EXCLUDED.sound = 'blocked' AND known.sound = 'on'"
            "  AND known.sound_at > EXCLUDED.sound_at - interval '90 seconds' THEN known.sound ELSE EXCLUDED.sound END,"
            " sound_at = CASE WHEN EXCLUDED.sound = 'blocked' AND known.sound = 'on'"
            "  AND known.sound_at > EXCLUDED.sound_at - interval '90 seconds' THEN known.sound_at"
            "  ELSE EXCLUDED.sound_at END",
            [user_id, sound],
        )


class PresenceMiddleware(MiddlewareMixin):
    """Whoever is answered a page is here. Open streams say so themselves (dispatch_center/streams.py)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Asking the session would read it where the page itself had no need of it.
        if response.streaming or not request.session.accessed:
            return response
        signed_in = request.session.get(SESSION_KEY)
        # A token's program is put in the place of the person, who did not sign in here.
        if signed_in and signed_in == str(request.user.pk):
            keep_seen(int(signed_in))
        return response
