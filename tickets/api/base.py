"""What every operation of the API has in common."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.pagination import KeysetPagination
from accounts.parsers import StrictJSONParser
from accounts.schema import ApiSchema
from accounts.wall import behind_wall

from .permissions import Anyone


class Operation(GenericAPIView[Any]):
    """JSON in, JSON out; who may ask is said by ``permission_classes``, which rows by ``visible_to()``.

    An organisation's program is answered from behind the second wall.
    """

    permission_classes: Any = (Anyone,)
    parser_classes: Any = (StrictJSONParser,)
    # No OPTIONS: the description at /api/schema/ says it all.
    http_method_names: Sequence[str] = ("get", "post", "head")
    pagination_class: Any = None
    schema = ApiSchema()
    is_behind_wall = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # From here on it is known who asks; before it, nothing was answered.
        act = getattr(self, (request.method or "get").lower(), None)
        if act is not None:
            setattr(self, (request.method or "get").lower(), self._walled(act))

    def _walled(self, act: Callable[..., Response]) -> Callable[..., Response]:
        def answer(request: Request, *args: Any, **kwargs: Any) -> Response:
            with behind_wall(self.user):
                return act(request, *args, **kwargs)

        return answer

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        """Whoever asks for what he may not is counted like everybody else."""
        self.check_throttles(request)
        super().permission_denied(request, message=message, code=code)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def told(self, serializer: type[Any], **context: Any) -> dict[str, Any]:
        """The body of the request, checked. Raises ValidationError."""
        asked = serializer(data=self.request.data, context=context)
        asked.is_valid(raise_exception=True)
        return cast("dict[str, Any]", asked.validated_data)

    def answer(self, serializer: type[Any], row: Any, **options: Any) -> Any:
        return serializer(row, context={"request": self.request}, **options).data


class Listing(Operation):
    """A page of rows, narrowed by the query string."""

    pagination_class = KeysetPagination
    keyset: Sequence[str] = ("id",)

    def get_keyset(self) -> Sequence[str]:
        return self.keyset

    def rows_of(self, page: Any) -> Any:
        """What is shown of the rows that stand on ``page``."""
        return page

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
