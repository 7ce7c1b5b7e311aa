"""Several processes deliver at once, and one of the servers hangs."""

import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from callbacks.channels import hook
from callbacks.models import Envelope, Heartbeat, Outbox
from callbacks.services.delivery import pack, take_posting
from callbacks.tasks import deliver_outbox
from tickets.tests.factories import MINUTE, UserFactory

from .owed import HOOK, LATE, MAIL, PHONE, an_escalation, hand_over, owe
from .servers import Gateway, PostBox, silent_server, use_mail_server

pytestmark = pytest.mark.django_db(transaction=True)


def together(*tasks: Callable[[], object]) -> None:
    """Run at the same moment, as processes would, each with its connection."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_processes_pack_each_message_once() -> None:
    people, about = UserFactory.create_batch(20), an_escalation()
    for turn in range(5):
        owe(*people, about=about, first=turn * 3 + 1, count=3)
        # Two minutes that meet: the same messages could go into either.
        moments = [LATE + turn * MINUTE, LATE + (turn + 1) * MINUTE] * 2
        together(*(partial(pack, channel=MAIL, at=at) for at in moments))
        assert not Envelope.objects.filter(messages=None).exists(), "an empty envelope"
    pack(channel=MAIL, at=LATE + 60 * MINUTE)
    assert not Outbox.objects.to_pack(MAIL).exists()


def test_two_processes_send_each_envelope_once(gateway: Gateway) -> None:
    people, about = UserFactory.create_batch(40, phone=PHONE), an_escalation()
    owe(*people, channel=HOOK, about=about, count=2)
    sent: list[int] = []
    together(*[lambda: sent.append(hand_over())] * 4)
    assert sum(sent) == 40
    assert len(set(gateway.keys)) == len(gateway.keys) == 40


def test_two_processes_take_different_envelopes() -> None:
    owe(*UserFactory.create_batch(40), about=an_escalation())
    pack(channel=MAIL, at=LATE)
    taken: list[UUID] = []

    def take_all() -> None:
        for _turn in range(40):
            posting = take_posting(channel=MAIL, patience=MINUTE, at=LATE)
            if posting is not None:
                taken.append(posting.key)

    together(take_all, take_all, take_all)
    assert len(set(taken)) == len(taken) == 40


@pytest.mark.parametrize("hangs", [MAIL, HOOK])
def test_a_hanging_channel_delays_neither_the_other_nor_the_sweep(
    post_box: PostBox, gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    """The keeper's own threads, with one server that takes connections and never says a word."""
    people, about = UserFactory.create_batch(3, phone=PHONE), an_escalation()
    owe(*people, about=about)
    owe(*people, about=about, channel=HOOK)
    # Signals belong to the main thread.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    settings.EMAIL_TIMEOUT = 3
    monkeypatch.setattr(hook, "TIMEOUT_SECONDS", 3)
    moments = {"keeper": 0.0, "other": 0.0}
    started = time.monotonic()
    with silent_server() as port:
        if hangs == MAIL:
            use_mail_server(settings, port)
        else:
            settings.NOTIFY_HOOK_URL = f"http://127.0.0.1:{port}/"
        keeper = threading.Thread(target=keep)
        keeper.start()
        while time.monotonic() - started < 2 and not all(moments.values()):
            if Heartbeat.objects.filter(name="keeper").exists():
                moments["keeper"] = moments["keeper"] or time.monotonic() - started
            if post_box.letters if hangs == HOOK else gateway.requests:
                moments["other"] = moments["other"] or time.monotonic() - started
            time.sleep(0.02)
        hung = keeper.is_alive()
        # A worker of Celery comes by: it finds the channel taken and has its hands free for the sweep.
        at_the_worker = time.monotonic()
        deliver_outbox(channel=hangs)
        assert time.monotonic() - at_the_worker < 1
    # The server is gone now, and nobody waits to the end of his patience.
    keeper.join()
    assert hung
    assert all(0 < moment < 2 for moment in moments.values()), moments
    hung_envelopes = Envelope.objects.filter(channel=hangs, sent_at=None)
    assert sorted(hung_envelopes.values_list("tries", flat=True)) == [0, 0, 1]


def keep() -> None:
    """One turn of ``keep_promises``, in a thread."""
    try:
        call_command("keep_promises", turns=1)
    finally:
        connection.close()
