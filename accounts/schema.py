"""What the OpenAPI description says of every operation: the problems it may answer with."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from .idempotency import HEADER
from .problems import MEDIA_TYPE

# Asked of every operation; those with a body may also be refused, come in a wrong form or be too large.
ALWAYS = (400, 401, 403, 404, 405, 406, 429, 500, 503)
WITH_BODY = (409, 413, 415)
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, required=False,
    description="The same key and body get the same answer; the same key with another body is a 409.",
)  # fmt: skip


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457: what went wrong, for people (Russian) and for programs (``code``)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="What a program decides by.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field of the answer, not the serializer's own
        child=serializers.ListField(child=serializers.CharField()), required=False,
        help_text="Per field, what is wrong with it; inner fields as `address.street`.",
    )  # fmt: skip
    rule = serializers.CharField(required=False, help_text="The rule of the database that refused.")


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Made in the portal, in the admin, or by `manage.py issue_token USERNAME`; see docs/api.md",
        }


class ApiSchema(AutoSchema):
    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        statuses = ALWAYS if self.method == "GET" else (*ALWAYS, *WITH_BODY)
        for status in statuses:
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ProblemSerializer, str(status), [MEDIA_TYPE]
                )
        return bodies
