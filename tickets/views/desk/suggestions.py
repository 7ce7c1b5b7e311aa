"""What the form offers while it is being typed: houses, problems, and the problem that a description sounds like."""

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest, roles_required
from tickets.forms.addresses import suggest, suggest_streets
from tickets.forms.categories import category_meant, suggest_categories
from tickets.forms.typed import parse_typed

from .known import number_of
from .queue import TAKES_CALLS

# From so few letters nobody can tell what is meant.
TELLING_LETTERS = 6


def _typed(request: PersonRequest, name: str, length: int) -> str:
    return request.POST.get(name, "")[:length].replace("\x00", "").strip()


@sensitive_post_parameters("address", "phone")
@roles_required(*TAKES_CALLS)
@require_POST
def buildings(request: PersonRequest) -> HttpResponse:
    """Houses of the register that the typed words may mean, and the words themselves as the last choice."""
    text = _typed(request, "address", 200)
    # Of two equal streets, the one of the caller's district comes first: his code stands after the country's 7.
    code = number_of(request.POST.get("phone", ""))[2:7]
    found = suggest(text, area_code=code) if text else []
    typed = None if any(one.is_new_house for one in found) else parse_typed(text)
    named = suggest_streets(text, found=found) if text else []
    context = {
        "suggestions": found, "text": text, "typed": typed, "named": named,
        # What was said of the house goes along to the street that is chosen.
        "said_house": text[found_at.start():] if (found_at := re.search(r"\d", text)) else "",
        "is_doubtful": bool(named) or bool(found and found[0].is_doubtful),
    }  # fmt: skip
    return render(request, "desk/_buildings.html", context)


@roles_required(*TAKES_CALLS)
@require_POST
def categories(request: PersonRequest) -> HttpResponse:
    """Problems that the typed letters may mean; without letters the frequent ones."""
    text = _typed(request, "what", 100)
    return render(request, "desk/_categories.html", {"suggestions": suggest_categories(text), "text": text})


@sensitive_post_parameters("text")
@roles_required(*TAKES_CALLS)
@require_POST
def hint(request: PersonRequest) -> HttpResponse:
    """The problem that the description sounds like: a hint, never a choice."""
    text = _typed(request, "text", 1000)
    meant = category_meant(text) if len(text) >= TELLING_LETTERS and not request.POST.get("category") else None
    return render(request, "desk/_hint.html", {"category": meant})
