"""How much one program may ask: across processes, by token, and with Redis away."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import throttles
from accounts.models import ApiToken
from accounts.throttles import _Counters
from tickets.tests.factories import CompanyFactory, UserFactory, member_of

LIMIT = 5


@pytest.fixture
def limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> int:
    settings.API_REQUESTS_PER_MINUTE = LIMIT
    # Keys of other tests lie in the same Redis.
    run = uuid4().hex
    name = throttles._who
    monkeypatch.setattr(throttles, "_who", lambda request: f"{run}:{who}" if (who := name(request)) else "")
    monkeypatch.setattr(throttles, "counters", _Counters())
    return LIMIT


def program(user: Any = None) -> APIClient:
    client = APIClient()
    secret = ApiToken.issue(user=user or UserFactory.create(), name="x")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def ask(client: APIClient, times: int = 1, path: str = "categories") -> list[int]:
    return [client.get(reverse(f"api:{path}")).status_code for _turn in range(times)]


@pytest.mark.django_db
class TestTheApi:
    def test_more_than_the_limit_is_a_429_with_a_sentence_and_a_moment(self, limit: int) -> None:
        client = program()
        assert ask(client, limit) == [200] * limit
        answer = client.get(reverse("api:categories"))
        assert answer.status_code == 429
        assert answer["Content-Type"] == "application/problem+json"
        told = answer.json()
        assert (told["code"], told["title"]) == ("throttled", "Слишком часто")
        assert told["detail"].startswith("Не больше 5 запросов в минуту. Повторите через ")
        assert 1 <= int(answer["Retry-After"]) <= 60

    def test_each_token_has_its_own_minute(self, limit: int) -> None:
        user = UserFactory.create()
        first, second = program(user), program(user)
        ask(first, limit)
        assert ask(first) == [429]
        assert ask(second) == [200]

    def test_a_person_without_a_token_is_counted_as_himself(self, limit: int) -> None:
        browsers = [APIClient(), APIClient()]
        for browser in browsers:
            browser.force_login(UserFactory.create())
        ask(browsers[0], limit)
        assert [ask(browser) for browser in browsers] == [[429], [200]]

    def test_what_is_refused_counts_as_well(self, limit: int) -> None:
        client = program(member_of(CompanyFactory.create()))
        assert ask(client, limit + 1, path="callbacks") == [403] * limit + [429]

    def test_whoever_is_not_known_is_told_to_sign_in_as_ever(self, limit: int) -> None:
        assert ask(APIClient(), limit + 2) == [401] * (limit + 2)

    def test_without_redis_the_process_counts_by_itself_and_nobody_waits(
        self, limit: int, settings: Settings, tmp_path: Path
    ) -> None:
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        client = program()
        started = time.monotonic()
        assert ask(client, limit) == [200] * limit
        assert ask(client) == [429]
        assert time.monotonic() - started < 2


# A process of its own, begun anew: one that is forked from threads may wait for ever for a lock that one of them held.
COUNTING = """
import sys, django
django.setup()
from accounts.throttles import _Counters
counters = _Counters()
print(*[counters.count(sys.argv[1])[0] for _turn in range(20)])
"""


def test_the_minute_is_one_for_all_processes() -> None:
    words = [sys.executable, "-c", COUNTING, f"processes:{uuid4()}"]
    counting = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _one in range(3)]
    counted = [process.communicate(timeout=60)[0] for process in counting]
    assert sorted(int(number) for numbers in counted for number in numbers.split()) == list(range(1, 61))


def test_the_minute_ends_by_itself() -> None:
    counters, who = _Counters(), f"ends:{uuid4()}"
    _asked, left = counters.count(who)
    assert 59 < left <= 60
    assert counters._redis is not None
    assert 59_000 < int(counters._redis.pttl(f"asked:{who}")) <= 60_000


def test_a_redis_that_hangs_costs_one_request_a_moment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        counters = _Counters()
        started = time.monotonic()
        assert [counters.count("x")[0] for _turn in range(50)] == list(range(1, 51))
        assert time.monotonic() - started < 1


def test_counters_of_a_process_s_own_end_and_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = _Counters()
    moment = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(throttles, "MOST_KEPT", 3)
    for number in range(3):
        counters._count_here(str(number))
    assert counters._count_here("0")[0] == 2
    moment[0] += 61
    assert counters._count_here("0") == (1, 60.0)
    assert set(counters._own) == {"0"}
