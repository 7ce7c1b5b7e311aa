"""The list of tickets and the search in it: for the centre's own people; a view belongs to whoever saved it."""

from tests.access import Row

from .desk import NOBODY, READERS

SENT_BACK = NOBODY | {"operator": 302, "supervisor": 302, "head": 302, "admin": 302}
# There is no such view, or it is another's: the same answer.
NO_VIEW = NOBODY | {"operator": 404, "supervisor": 404, "head": 404, "admin": 404}

ROWS = [
    Row("desk:tickets", "POST", SENT_BACK, data=lambda scene: {"text": "кирова"}),
    Row("desk:count", "GET", READERS),
    Row("desk:conditions", "GET", READERS),
    Row("desk:columns", "GET", READERS),
    Row("desk:columns-choose", "POST", SENT_BACK, data=lambda scene: {"columns": ["phone"]}),
    Row("desk:view-save", "POST", SENT_BACK, data=lambda scene: {"name": "Мой"}),
    Row("desk:view", "GET", NO_VIEW, kwargs=lambda scene: {"pk": 1}),
    Row("desk:view-rename", "POST", NO_VIEW, kwargs=lambda scene: {"pk": 1}),
    Row("desk:view-delete", "POST", NO_VIEW, kwargs=lambda scene: {"pk": 1}),
    Row("desk:ticket-file", "GET", READERS, kwargs=lambda scene: {"kind": "csv"}),
]
