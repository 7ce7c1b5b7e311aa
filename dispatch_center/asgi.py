"""Pages on threads, streams on the event loop: one application for one process.

Pages and the API are ordinary synchronous Django and run through WSGI on a pool of threads; only the screens' streams
of server-sent events need the event loop, because each of them stays open for hours. On servers the two are separate
services behind the proxy (docker-compose.yml).
"""

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from .configuration import in_one_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_center.settings")

with in_one_sentence():
    streams = get_asgi_application()

pages = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=16)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and not scope["path"].startswith("/events/"):
        await pages(scope, receive, send)
    else:
        await streams(scope, receive, send)
