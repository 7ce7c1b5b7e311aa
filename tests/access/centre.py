"""What serves the centre itself: its figures, the stream of hints."""

from tests.access import Row

CENTRE = ("operator", "supervisor", "head", "admin")
# What no page shows: the answer is never «as it was».
NEW = {"shown": "new"}

ROWS = [
    # The test's visitors sit on this machine, as a collector does; tests/test_metrics.py asks from elsewhere.
    Row("metrics", "GET", {"rest": 200}),
    # The page's own process and its database: for containers and proxies.
    Row("livez", "GET", {"rest": 200}),
    # The tests' centre has no watchmen, and its people read so; a moment after the start it is only starting.
    Row("health-banner", "GET", {"anonymous": 302, "rest": 404} | dict.fromkeys(CENTRE, 200), data=lambda scene: NEW),
    # Streams are served by another process than pages (421); only strangers are turned away before that.
    Row("events", "GET", {"anonymous": 401, "rest": 421}),
]
