"""Signing in, passwords, one's own page, health: what anybody, and what only people of the centre may open."""

from typing import Any

from tests.access import Row

ANYBODY = {"rest": 200}
SIGNED_IN = {"anonymous": 302, "rest": 200}


def worn_out_link(scene: Any) -> dict[str, Any]:
    return {"uidb64": "MQ", "token": "worn-out"}


ROWS = [
    # A redirect for everybody: to the login page, or to the page where the day begins.
    Row("home", "GET", {"rest": 302}),
    Row("login", "GET", {"anonymous": 200, "rest": 302}),
    # An empty form comes back with its errors; whoever has signed in is sent to his own page.
    Row("login", "POST", {"anonymous": 200, "rest": 302}),
    Row("logout", "POST", {"rest": 302}),
    Row("logout", "GET", {"rest": 405}),
    Row("profile", "GET", SIGNED_IN),
    Row("password_change", "GET", SIGNED_IN),
    Row("password_change", "POST", SIGNED_IN),
    Row("password_reset", "GET", ANYBODY),
    Row("password_reset", "POST", ANYBODY),
    Row("password_reset_done", "GET", ANYBODY),
    Row("password_reset_confirm", "GET", ANYBODY, kwargs=worn_out_link),
    Row("password_reset_confirm", "POST", ANYBODY, kwargs=worn_out_link),
    Row("invitation", "GET", ANYBODY, kwargs=worn_out_link),
    Row("invitation", "POST", ANYBODY, kwargs=worn_out_link),
    # Without a heartbeat the centre is not ready; it tells everybody so.
    Row("healthz", "GET", {"rest": 503}),
]
