"""The English catalogue: nothing is missing, nothing that a text is given gets lost, and the compiled file is fresh."""

import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

FOLDER = Path(settings.BASE_DIR) / "locale" / "en" / "LC_MESSAGES"
MESSAGES = [message for message in read_po(BytesIO((FOLDER / "django.po").read_bytes()), locale="en") if message.id]
# %(name)s, %s, {name} and the tags of HTML.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+>")
RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)
# What is typed into a search stays in the language of the registers.
TYPED = {"кир 20 15"}
SIGN_IN = """
import django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
answer = Client().get("/login/")
print(answer.status_code, answer.content.decode())
"""


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """The text, or its singular and plural."""
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def name_of(message: Message) -> str:
    return forms(message.id)[0]


def test_every_text_has_its_english() -> None:
    assert [name_of(message) for message in MESSAGES if not all(forms(message.string))] == []
    assert [name_of(message) for message in MESSAGES if len(forms(message.string)) != len(forms(message.id))] == []
    assert [name_of(message) for message in MESSAGES if message.fuzzy] == []


def test_english_is_given_what_russian_is_given() -> None:
    wrong = {
        name_of(message): english
        for message in MESSAGES
        for russian, english in zip(forms(message.id), forms(message.string), strict=True)
        if placeholders(russian) != placeholders(english)
    }
    assert wrong == {}


def test_english_has_no_russian_in_it() -> None:
    found = [english for message in MESSAGES for english in forms(message.string) if RUSSIAN.search(english)]
    assert set(found) == TYPED


def test_the_files_are_what_the_sources_and_the_translation_make() -> None:
    call_command("catalogue", "--check")


@pytest.mark.parametrize(("count", "said"), [(1, "1 invitation sent."), (2, "2 invitations sent.")])
def test_english_counts(count: int, said: str) -> None:
    with translation.override("en"):
        told = translation.ngettext("Послано %(count)s приглашение.", "Послано приглашений: %(count)s.", count)
    assert told % {"count": count} == said


def test_the_page_of_signing_in_speaks_english_when_told_to() -> None:
    """In a process of its own: the language is one of the settings."""
    environment = os.environ | {"INTERFACE_LANGUAGE": "en", "DEMO": "true"}
    run = subprocess.run(
        [sys.executable, "-c", SIGN_IN],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("200 ")
    assert '<html lang="en"' in run.stdout
    for said in ("Sign in", "Login", "Password", "Forgot the password?"):
        assert said in run.stdout
    assert RUSSIAN.findall(run.stdout) == []
