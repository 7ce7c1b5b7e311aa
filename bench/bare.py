"""The floor of any Django page that writes these rows: a view, raw SQL, and nothing in between.

Its own urlconf (see bare_settings): no middleware, no session, no forms, no ORM.
"""

import json
import os
from pathlib import Path

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

# Statements whose new rows later statements name, as ``[sql, name, rows]``; name is null where nobody asks.
WRITES: list[tuple[str, str | None, int]] = json.loads(Path(os.environ["BENCH_WRITES"]).read_text(encoding="utf-8"))


def register(request: HttpRequest) -> HttpResponse:
    made: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, name, rows in WRITES:
            cursor.execute(sql, made)
            if name is not None:
                found = cursor.fetchmany(rows)
                made |= {f"{name}_{number}": row[0] for number, row in enumerate(found, start=1)}
    # Without a length the server would speak in chunks, which nobody here needs.
    return HttpResponse(status=201, headers={"Content-Length": "0"})


urlpatterns = [path("", register)]
