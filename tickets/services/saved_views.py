"""Views that people keep for themselves: a list's filters and columns under a name."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.writes import Refused, write
from tickets.models import SavedView

# More would be a list to search in.
MOST = 20
LONGEST_QUERY = 1000


class TooManyViews(Refused):
    message = _("Видов уже двадцать. Удалите один из них.")
    code = "too_many_views"


class QueryTooLong(Refused):
    message = _("Условий слишком много, чтобы их запомнить.")
    code = "query_too_long"


@write
def save_view(*, user: User, name: str, query: str, columns: Sequence[str]) -> SavedView:
    """Keep a list's ``query`` (as in its address) and ``columns``. Raises TooManyViews, QueryTooLong, RuleBroken."""
    if SavedView.objects.filter(user=user).count() >= MOST:
        raise TooManyViews
    if len(query) > LONGEST_QUERY:
        raise QueryTooLong
    return SavedView.objects.create(user=user, name=name, query=query, columns=list(columns))


@write
def rename_view(*, view: SavedView, name: str) -> None:
    """Raises RuleBroken when another view of the same person has this name."""
    view.name = name
    view.save(update_fields=["name"])


@write
def choose_columns(*, view: SavedView, columns: Sequence[str]) -> None:
    view.columns = list(columns)
    view.save(update_fields=["columns"])


@write
def delete_view(*, view: SavedView) -> None:
    view.delete()
