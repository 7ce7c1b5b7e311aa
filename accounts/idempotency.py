"""``Idempotency-Key``: a creating request that is sent again gets the answer it got, and creates nothing."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from .models import IdempotencyKey, User
from .problems import NeedsField
from .writes import Refused

HEADER = "Idempotency-Key"
LONGEST = 200


class KeyReused(Refused):
    message = _("Этот Idempotency-Key уже использован с другим запросом.")
    code = "idempotency_key_reused"


def answer_once(request: Request, user: User, act: Callable[[], tuple[int, Mapping[str, Any]]]) -> Response:
    """Answer with what ``act`` returns (status and body); under a known key, with what it returned then.

    The key is written before the deed and in its transaction: of several requests at once one acts and the others
    wait for it; a refused deed leaves no key behind, so that it may be tried again. Answers are kept as they are:
    they must hold no personal data.
    """
    key = key_of(request)
    if not key:
        status, body = act()
        return Response(body, status=status)
    digest = _digest_of(request)
    try:
        with transaction.atomic():
            kept = IdempotencyKey.objects.create(user=user, key=key, body_digest=digest, status=0, answer={})
            status, body = act()
            kept.status, kept.answer = status, dict(body)
            kept.save(update_fields=["status", "answer"])
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != "idempotency_key_once":
            raise
        kept = IdempotencyKey.objects.get(user=user, key=key)
        if kept.body_digest != digest:
            raise KeyReused from None
    return Response(kept.answer, status=kept.status)


def key_of(request: Request) -> str:
    """The caller's key, '' without one. Raises NeedsField."""
    key = request.headers.get(HEADER, "").strip()
    if len(key) > LONGEST:
        raise NeedsField(HEADER, _("Не длиннее 200 знаков."), "invalid")
    return key


def form_key(request: Request, user: User) -> UUID:
    """The same key as the domain knows it: the database itself then refuses a second ticket."""
    key = key_of(request)
    return uuid5(NAMESPACE_URL, f"{user.pk}:{key}") if key else uuid4()


def _digest_of(request: Request) -> str:
    said = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
