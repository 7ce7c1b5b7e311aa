"""What serves the centre itself: its figures, the stream of hints."""

from tests.access import Row

ROWS = [
    # The test's visitors sit on this machine, as a collector does; tests/test_metrics.py asks from elsewhere.
    Row("metrics", "GET", {"rest": 200}),
    # Streams are served by another process than pages (421); only strangers are turned away before that.
    Row("events", "GET", {"anonymous": 401, "rest": 421}),
]
