"""Reading the environment: every variable is typed, and nonsense is refused with one sentence that names it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ

from .local.places import socket_folder


class WrongConfiguration(Exception):
    """The environment cannot be started with; the text names the variable and the way out."""


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """End the process with the one sentence of a WrongConfiguration instead of a page of inner details."""
    try:
        yield
    except WrongConfiguration as refusal:
        sys.exit(f"Configuration: {refusal}")


# Weak keys seen in tutorials and samples: none of them may protect a running centre.
WEAK_SECRETS = ("change", "secret", "insecure", "password", "example")


def text(env: environ.Env, name: str, default: str = "") -> str:
    """The value of NAME, or the first line of the file that NAME_FILE points to (secrets of a container)."""
    path = env.str(f"{name}_FILE", default="")
    if not path:
        return str(env.str(name, default=default)).strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongConfiguration(f"{name}_FILE points to {path}, which cannot be read ({error.strerror}).") from error


def flag(env: environ.Env, name: str, *, default: bool) -> bool:
    value = text(env, name, "true" if default else "false").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise WrongConfiguration(f"{name} must be true or false, not “{value}”.")


def whole_number(env: environ.Env, name: str, *, default: int, least: int, most: int) -> int:
    value = text(env, name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise WrongConfiguration(f"{name} must be a whole number, not “{value}”.") from None
    if not least <= number <= most:
        raise WrongConfiguration(f"{name} must be between {least} and {most}, not {number}.")
    return number


def minutes(env: environ.Env, name: str, *, default: int, least: float, most: int) -> timedelta:
    """A length in minutes; fractions are allowed so that a rehearsal need not last ten minutes."""
    value = text(env, name, str(default))
    try:
        number = float(value)
    except ValueError:
        raise WrongConfiguration(f"{name} must be a number of minutes, not “{value}”.") from None
    if not least <= number <= most:
        raise WrongConfiguration(f"{name} must be between {least:g} and {most} minutes, not {value}.")
    return timedelta(minutes=number)


def secret_key(env: environ.Env, *, demo: bool) -> str:
    value = text(env, "SECRET_KEY")
    if demo:
        return value or "demo-only-key-never-used-outside-the-demonstration-mode"
    if not value:
        raise WrongConfiguration(
            "SECRET_KEY is not set; give at least 50 random characters, or DEMO=true to look around."
        )
    if len(value) < 50 or len(set(value)) < 10 or any(word in value.lower() for word in WEAK_SECRETS):
        raise WrongConfiguration("SECRET_KEY is too weak; give at least 50 random characters.")
    return value


def hosts(env: environ.Env, *, demo: bool) -> list[str]:
    names = [name.strip() for name in text(env, "ALLOWED_HOSTS").split(",") if name.strip()]
    if demo:
        return names or ["localhost", "127.0.0.1", "[::1]"]
    if not names:
        raise WrongConfiguration("ALLOWED_HOSTS is not set; give the host names of the site, separated by commas.")
    if "*" in names:
        raise WrongConfiguration("ALLOWED_HOSTS must not contain “*”; give the host names of the site.")
    return names


def database(env: environ.Env, *, var: Path, role: str) -> dict[str, object]:
    """Django's description of the PostgreSQL server.

    Without DATABASE_URL it is the embedded server, whose socket lies under ``var/``. The application drops to the
    role that owns nothing on every connection; only migrations connect as the owner.
    """
    if role not in {"app", "owner"}:
        raise WrongConfiguration(f"DATABASE_ROLE must be app or owner, not “{role}”.")
    url = text(env, "DATABASE_URL")
    if role == "owner":
        url = text(env, "DATABASE_OWNER_URL") or url
    # lock and statement limits: RELIABILITY, “row lock held 60 s”.
    session = ["-c lock_timeout=3s", "-c statement_timeout=15s", "-c idle_in_transaction_session_timeout=30s"]
    if role == "app":
        session.append("-c role=dispatch_app")
    else:
        session = []
    common: dict[str, object] = {
        "ENGINE": "django.db.backends.postgresql",
        # A fresh session costs PostgreSQL more than a whole registration does; a dead one is noticed and replaced.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": " ".join(session), "connect_timeout": 5},
    }
    if not url:
        return common | {"NAME": "dispatch", "USER": f"dispatch_{role}", "HOST": str(socket_folder(var, "pg"))}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise WrongConfiguration("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", "")) or unquote(parts.hostname or "")
    options = common["OPTIONS"]
    assert isinstance(options, dict)
    options |= {name: unquote(value) for name, value in query.items()}
    try:
        port = parts.port
    except ValueError:
        raise WrongConfiguration("DATABASE_URL has a port that is not a number.") from None
    return common | {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
    }


def redis_url(env: environ.Env, *, var: Path) -> str:
    url = text(env, "REDIS_URL") or f"unix://{socket_folder(var, 'redis') / 'redis.sock'}"
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise WrongConfiguration("REDIS_URL must start with redis://, rediss:// or unix://.")
    return url


def broker_url(url: str) -> str:
    """Celery's spelling of the same Redis address."""
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


def mail_server(env: environ.Env) -> dict[str, object]:
    """SMTP settings from EMAIL_URL: smtp://user:password@host:port, smtps:// for TLS, smtp+tls:// for STARTTLS."""
    url = text(env, "EMAIL_URL", "smtp://localhost:25")
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise WrongConfiguration("EMAIL_URL must look like smtp://user:password@host:25, smtps://… or smtp+tls://….")
    try:
        port = parts.port
    except ValueError:
        raise WrongConfiguration("EMAIL_URL has a port that is not a number.") from None
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


def message_gateway(env: environ.Env, *, demo: bool) -> dict[str, object]:
    """Where text messages are handed over and what signs them; both empty for a centre without a gateway."""
    url = text(env, "NOTIFY_HOOK_URL")
    secret = text(env, "NOTIFY_HOOK_SECRET")
    if secret and not url:
        raise WrongConfiguration("NOTIFY_HOOK_SECRET is set but NOTIFY_HOOK_URL is not; give both or neither.")
    if url:
        _refuse_bad_gateway(url, demo=demo)
        if not secret:
            raise WrongConfiguration("NOTIFY_HOOK_SECRET is not set but NOTIFY_HOOK_URL is; give both or neither.")
        if len(secret) < 32:
            raise WrongConfiguration("NOTIFY_HOOK_SECRET is too short; give at least 32 random characters.")
    return {"NOTIFY_HOOK_URL": url, "NOTIFY_HOOK_SECRET": secret}


def _refuse_bad_gateway(url: str, *, demo: bool) -> None:
    try:
        parts = urlsplit(url)
        # Asking for the port is what checks it.
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise WrongConfiguration("NOTIFY_HOOK_URL must look like https://gateway.example.org/messages.")
    if parts.scheme == "http" and not (demo or _is_this_machine(host)):
        raise WrongConfiguration("NOTIFY_HOOK_URL must start with https://, as telephone numbers travel there.")


def _is_this_machine(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
