"""The environment: nonsense is refused with a sentence that names the variable, and the README knows every variable."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from dispatch_center.configuration import WrongConfiguration

CHECKOUT = Path(__file__).resolve().parent.parent
SETTINGS = CHECKOUT / "dispatch_center"
# Enough to start outside the demonstration.
PRODUCTION = {
    "SECRET_KEY": "k3J9vQx7Rw2TfL8mZpB5nHc4YdS6gUa1EoXiKqVtMbNrWzCy0D",
    "ALLOWED_HOSTS": "centre.example.org",
    "PUBLIC_URL": "https://centre.example.org",
    "DEFAULT_FROM_EMAIL": "centre@example.org",
}

GATEWAY_SECRET = "k3J9vQx7Rw2TfL8mZpB5nHc4YdS6gUa1"


@pytest.fixture
def read_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Read the settings again, under the given environment and nothing of ours."""

    def read(**environment: str) -> ModuleType:
        for name in variables():
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(f"{name}_FILE", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("dispatch_center.settings_read_again", SETTINGS / "settings.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return read


def variables() -> set[str]:
    """Every variable that the settings ask the environment for."""
    source = "".join((SETTINGS / name).read_text(encoding="utf-8") for name in ("settings.py", "configuration.py"))
    return set(re.findall(r'\benv, "([A-Z_]+)"', source)) | set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', source))


@pytest.mark.parametrize("start", [{"DEMO": "true"}, PRODUCTION], ids=["demonstration", "production"])
def test_good_settings_are_read(read_settings: Callable[..., ModuleType], start: dict[str, str]) -> None:
    settings = read_settings(**start)

    assert settings.CALLBACK_PROMISE == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2),
        ("SECRET_KEY", "a" * 60),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "http://centre.example.org"),
        ("DEFAULT_FROM_EMAIL", ""),
        ("DEBUG", "true"),
        ("DEBUG", "maybe"),
        ("DEMO", "ja"),
        ("SSL_REDIRECT", "sometimes"),
        ("CALLBACK_PROMISE", "soon"),
        ("API_REQUESTS_PER_MINUTE", "0"),
        ("API_REQUESTS_PER_MINUTE", "many"),
        ("WEBHOOK_TO_LOOPBACK", "true"),
        ("WEBHOOK_TO_LOOPBACK", "perhaps"),
        ("CALLBACK_PROMISE", "0"),
        ("CALLBACK_PROMISE", "-1"),
        ("CALLBACK_PROMISE", "61"),
        ("CALLBACK_PROMISE", "nan"),
        ("DATABASE_URL", "mysql://localhost/dispatch"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("DATABASE_URL", "postgresql://localhost:port/dispatch"),
        ("DATABASE_ROLE", "root"),
        ("REDIS_URL", "amqp://localhost"),
        ("EMAIL_URL", "localhost:25"),
        ("EMAIL_URL", "smtp://localhost:port"),
        ("NOTIFY_HOOK_URL", "https://gateway.example.org/messages"),
        ("NOTIFY_HOOK_SECRET", GATEWAY_SECRET),
        ("LOG_LEVEL", "LOUD"),
        ("SECRET_KEY_FILE", "/there/is/no/such/file"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_variable(
    read_settings: Callable[..., ModuleType], name: str, value: str
) -> None:
    with pytest.raises(WrongConfiguration, match=rf"\b{name}\b"):
        read_settings(**{**PRODUCTION, name: value})


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("http://gateway.example.org/messages", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("ftp://gateway.example.org/messages", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("gateway.example.org/messages", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("https:///messages", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("https://gateway.example.org:port/", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("https://[gateway/", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("http://127.0.0.1.example.org/", GATEWAY_SECRET, "NOTIFY_HOOK_URL"),
        ("https://gateway.example.org/messages", GATEWAY_SECRET[:31], "NOTIFY_HOOK_SECRET"),
    ],
)
def test_a_bad_gateway_is_refused(read_settings: Callable[..., ModuleType], url: str, secret: str, named: str) -> None:
    with pytest.raises(WrongConfiguration, match=rf"^{named} [^\n]+\.$"):
        read_settings(**PRODUCTION, NOTIFY_HOOK_URL=url, NOTIFY_HOOK_SECRET=secret)


@pytest.mark.parametrize(
    ("start", "url"),
    [
        (PRODUCTION, "https://gateway.example.org/messages"),
        (PRODUCTION, "http://localhost:9000/"),
        (PRODUCTION, "http://127.0.0.1:9000/"),
        (PRODUCTION, "http://[::1]:9000/"),
        ({"DEMO": "true"}, "http://gateway:9000/"),
    ],
)
def test_a_gateway_gets_a_bell_of_its_own(
    read_settings: Callable[..., ModuleType], start: dict[str, str], url: str
) -> None:
    without = read_settings(**start)
    settings = read_settings(**start, NOTIFY_HOOK_URL=url, NOTIFY_HOOK_SECRET=GATEWAY_SECRET)

    assert (settings.NOTIFY_HOOK_URL, settings.NOTIFY_HOOK_SECRET) == (url, GATEWAY_SECRET)
    assert settings.CELERY_BEAT_SCHEDULE["deliver-hook"]["kwargs"] == {"channel": "hook"}
    assert (without.NOTIFY_HOOK_URL, without.NOTIFY_HOOK_SECRET) == ("", "")
    assert settings.CELERY_BEAT_SCHEDULE.keys() - without.CELERY_BEAT_SCHEDULE.keys() == {"deliver-hook"}


def test_a_secret_may_come_from_a_file(read_settings: Callable[..., ModuleType], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n", encoding="utf-8")
    settings = read_settings(**{**PRODUCTION, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")})

    assert settings.SECRET_KEY == PRODUCTION["SECRET_KEY"]


def test_the_command_line_says_it_in_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "DEMO": "perhaps"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "Configuration: DEMO must be true or false, not “perhaps”.\n"


def test_the_readme_lists_every_variable() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE))

    assert listed == variables()


def test_the_compose_file_sets_only_variables_that_are_read() -> None:
    compose = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    application = compose.split("environment: &environment", 1)[1].split("secrets:", 1)[0]
    given = {name.removesuffix("_FILE") for name in re.findall(r"^    ([A-Z_]+):", application, re.MULTILINE)}

    assert given <= variables()
