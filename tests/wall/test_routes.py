"""No address answers an organisation's person from in front of the wall, unless this table says why it may."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import COMPANY_ROLES

# They tell nothing of any organisation: the account that asks, the state of the centre, the description of the API.
IN_FRONT = {
    "home": "a redirect", "login": "his own account", "logout": "his own account", "profile": "his own account",
    "password_change": "his own account", "password_reset": "by a link in a letter",
    "password_reset_done": "a sentence", "password_reset_confirm": "by a link in a letter",
    "invitation": "by a link in a letter", "healthz": "the centre's state", "livez": "the centre's state",
    "metrics": "for collectors, by their address", "api:schema": "the description", "api:docs": "the description",
    # Long-lived: no transaction could hold it. What it tells to whom is tested in tests/test_streams.py.
    "events": "hints without rows",
    "portal:worker": "a script, the same for everybody", "portal:offline": "a page, the same for everybody",
}  # fmt: skip


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            # The admin turns organisations' people away by itself (tests/test_admin_access.py).
            if entry.namespace != "admin":
                yield from addresses(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name or entry.pattern}", entry.callback


def is_behind_wall(view: Any) -> bool:
    return bool(getattr(view, "is_behind_wall", getattr(getattr(view, "cls", None), "is_behind_wall", False)))


def is_closed_to_organisations(view: Any) -> bool:
    roles = getattr(view, "roles", None)
    return roles is not None and not roles & COMPANY_ROLES


def test_every_route_is_behind_the_wall_or_closed_to_organisations() -> None:
    forgotten = {
        name
        for name, view in addresses(get_resolver(settings.ROOT_URLCONF))
        if not (is_behind_wall(view) or is_closed_to_organisations(view) or name in IN_FRONT)
    }
    assert not sorted(forgotten)


def test_the_exceptions_are_routes() -> None:
    assert not set(IN_FRONT) - {name for name, _view in addresses(get_resolver(settings.ROOT_URLCONF))}


def test_the_portal_and_the_api_are_behind_it_whole() -> None:
    open_ones = {"api:schema", "api:docs", "portal:worker", "portal:offline"}
    inside = [
        (name, view)
        for name, view in addresses(get_resolver(settings.ROOT_URLCONF))
        if name.startswith(("portal:", "api:")) and name not in open_ones
    ]
    assert len(inside) > 15
    assert not [name for name, view in inside if not is_behind_wall(view)]
