"""Who was seen, who is on the line, and that nobody stays there whom nobody has seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import presence as seen
from accounts.models import ApiToken, LineSpell, Presence, User
from accounts.services import close_idle_spells, go_on_line, leave_line

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PASSWORD = "снег-на-крыше-11"


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga", "olga@example.org", PASSWORD)


@pytest.fixture
def presence(settings: Any) -> None:
    """Who looks is written down, as outside of tests."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def was_seen(user: User, at: datetime) -> None:
    Presence.objects.update_or_create(user=user, defaults={"seen_at": at})


# ── Presence ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("presence")
def test_a_page_makes_its_reader_seen_once_a_minute(
    client: Client, olga: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    client.force_login(olga, backend="accounts.backends.PasswordBackend")
    client.get(reverse("profile"))
    first = Presence.objects.get(user=olga).seen_at

    with django_assert_max_num_queries(2):
        client.get(reverse("profile"))

    assert Presence.objects.get(user=olga).seen_at == first
    # Another process, which has written nothing yet: the row is younger than a minute and stays.
    monkeypatch.setattr(seen, "_written", {})
    client.get(reverse("profile"))
    assert Presence.objects.get(user=olga).seen_at == first


@pytest.mark.usefixtures("presence")
def test_an_old_presence_is_renewed(client: Client, olga: User) -> None:
    was_seen(olga, NOON)
    client.force_login(olga, backend="accounts.backends.PasswordBackend")

    client.get(reverse("profile"))

    assert Presence.objects.get(user=olga).seen_at > NOON


@pytest.mark.usefixtures("presence")
def test_neither_a_stranger_nor_a_program_is_present(client: Client, olga: User) -> None:
    _token, secret = ApiToken.issue(user=olga, name="tests")

    client.get(reverse("login"))
    answer = client.get("/api/v1/tickets/", headers={"authorization": f"Bearer {secret}"})

    assert answer.status_code == 200
    assert not Presence.objects.exists()


# ── The line ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_going_on_the_line_twice_is_one_spell(olga: User) -> None:
    was_seen(olga, NOON)
    first = go_on_line(user=olga, at=NOON)

    assert go_on_line(user=olga, at=NOON + MINUTE) == first
    assert LineSpell.objects.on_line().count() == 1


def test_the_database_knows_one_open_spell_a_person(olga: User) -> None:
    LineSpell.objects.create(user=olga, started_at=NOON)

    with pytest.raises(IntegrityError, match="line_spell_one_open"), transaction.atomic():
        LineSpell.objects.create(user=olga, started_at=NOON + MINUTE)


def test_leaving_ends_the_spell(olga: User) -> None:
    go_on_line(user=olga, at=NOON)

    left = leave_line(user=olga, at=NOON + MINUTE)

    assert left is not None
    assert left.ended_at == NOON + MINUTE
    assert leave_line(user=olga, at=NOON + MINUTE) is None


@pytest.mark.parametrize(("unseen", "ends"), [(9 * MINUTE, False), (10 * MINUTE, False), (11 * MINUTE, True)])
def test_who_is_not_seen_for_ten_minutes_was_there_until_he_was_seen(olga: User, unseen: timedelta, ends: bool) -> None:
    spell = go_on_line(user=olga, at=NOON - 60 * MINUTE)
    was_seen(olga, NOON - unseen)

    assert close_idle_spells(at=NOON) == ends

    spell.refresh_from_db()
    assert spell.ended_at == (NOON - unseen if ends else None)


def test_who_was_never_seen_after_it_began_was_not_there(olga: User) -> None:
    spell = go_on_line(user=olga, at=NOON)
    was_seen(olga, NOON - 5 * MINUTE)

    close_idle_spells(at=NOON + 11 * MINUTE)

    spell.refresh_from_db()
    assert spell.ended_at == NOON


def test_a_forgotten_spell_is_not_gone_on_with(olga: User) -> None:
    forgotten = go_on_line(user=olga, at=NOON)
    was_seen(olga, NOON + 30 * MINUTE)

    fresh = go_on_line(user=olga, at=NOON + 600 * MINUTE)

    forgotten.refresh_from_db()
    assert forgotten.ended_at == NOON + 30 * MINUTE
    assert fresh.started_at == NOON + 600 * MINUTE


def test_a_turn_without_idle_people_asks_once(olga: User, django_assert_num_queries: Any) -> None:
    go_on_line(user=olga, at=NOON)
    was_seen(olga, NOON)

    with django_assert_num_queries(1):
        assert close_idle_spells(at=NOON + MINUTE) == 0
