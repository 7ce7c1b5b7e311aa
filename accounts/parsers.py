"""Reading JSON from strangers: whatever the bytes are, the answer is a sentence, never a crash."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from .problems import TooLarge

# The longest honest request is a description of 8000 signs, each perhaps escaped.
MOST_BYTES = 256 * 1024
MAY_BE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class StrictJSONParser(JSONParser):
    """JSON of a bounded size that PostgreSQL can store: no half characters, no numbers that are not numbers."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise TooLarge
        try:
            text = raw.decode("utf-8")
            data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
            if MAY_BE_SURROGATE.search(text):
                json.dumps(data, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise ParseError(_("Тело запроса — не правильный JSON в UTF-8.")) from None
        return data


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
