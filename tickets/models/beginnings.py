"""Looking for tickets by words: by their beginnings, as somebody types them, and behind the wall."""

from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery
from django.db.models import BigIntegerField, Func


def words_of(text: str) -> list[str]:
    """Letters, digits and hyphens; nothing else reaches the search."""
    return "".join(letter if letter.isalnum() or letter == "-" else " " for letter in text).split()


def beginning_with(words: Sequence[str]) -> SearchQuery:
    """Every one of ``words`` begins a word of the ticket: «кир 20» is «ул. Кирова, 20».

    As Russian stems, and as they are written: a house number has no stem.
    """
    stems = " & ".join(f"{word}:*" if word.isalpha() else f"'{word}'" for word in words)
    spelled = " & ".join(f"'{word}':*" for word in words)
    return SearchQuery(stems, config="russian", search_type="raw") | SearchQuery(
        spelled, config="simple", search_type="raw"
    )


class OwnTicketsWith(Func):
    """The ids of the tickets of whoever asks behind the wall in which a query is found (0073_words_behind_the_wall)."""

    function = "portal_tickets_with"
    template = "(SELECT id FROM %(function)s(%(expressions)s) AS own(id))"
    output_field = BigIntegerField()
