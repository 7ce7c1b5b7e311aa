"""The rows that the bench makes are such as the centre itself would have made."""

import json
from pathlib import Path

import pytest

from accounts import clock
from bench.million import Million
from dispatch_center.local.postgres import Postgres
from dispatch_center.local.stack import LocalStack

APPLICATION = {"web", "worker", "beat", "promises", "mail"}
COUNTS = """
import json
from callbacks.models import CallbackObligation
from tickets.models import Ticket
print(json.dumps([Ticket.objects.filter(pk__gte=100_000_000).count(), Ticket.objects.live().count(),
                  CallbackObligation.objects.outstanding().count()]))
"""


@pytest.mark.slow
@pytest.mark.django_db
def test_a_small_million_breaks_no_rule_of_the_database(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with LocalStack(var=tmp_path, without=APPLICATION) as stack:
        million = Million(Postgres(tmp_path).url(), total=4_000, recent=1_500)
        million.load(at=clock.now())
        # Twice: what lies before «now» is made anew whenever the rows are opened.
        for _turn in range(2):
            million.renew(at=clock.now())

        assert "rules hold" in stack.manage("check_invariants")
        tickets, live, owed = json.loads(stack.manage("shell", "-c", COUNTS).splitlines()[-1])

    assert tickets == 4_000
    assert 300 < live < 1_000
    assert 20 < owed < 200
