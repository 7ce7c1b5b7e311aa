"""Strange words in a ticket, from the call to the work: as they were told in the database, in pages and in files.

A ticket for each word, with the word wherever words may stand. What a browser or a spreadsheet would run is tried
always, a sample with the thorough tests, the whole with the slow ones. Every field of every form:
tests/hostile/test_naughty_forms.py; imports: tests/hostile/test_naughty_files.py.
"""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.cells import FORMULA, NUMBER
from accounts.models import Role
from tests.hostile.naughty import Skeleton, could_be_alive, words
from tests.hostile.scene import browser_of, program_of
from tickets.exports import UNSPEAKABLE
from tickets.models import Ticket
from tickets.tests.factories import CompanyFactory, UserFactory, member_of

PHONE = "+79101112233"

pytestmark = pytest.mark.django_db


class Centre:
    """An operator's program, an organisation's browser and program, and a supervisor who takes files away."""

    def __init__(self) -> None:
        self.company = CompanyFactory.create()
        self.operator = program_of(UserFactory.create())
        dispatcher = member_of(self.company)
        self.portal, self.program = browser_of(dispatcher), program_of(dispatcher)
        self.senior = browser_of(UserFactory.create(role=Role.SUPERVISOR))
        self.said: list[int] = []

    def post(self, client: Any, url: str, data: dict[str, Any], *, form: bool = False) -> Any:
        answer = client.post(url, data) if form else client.post(url, data, content_type="application/json")
        assert answer.status_code < 500, (url, data, answer.status_code)
        self.said.append(answer.status_code)
        return answer

    def live_through(self, word: str) -> str | None:
        """A ticket with this word wherever words may stand, from the call to the work; its number, if it was taken."""
        address = {"street": word[:150] or "К", "house": word[:20] or "1", "entrance": word[:8], "flat": word[:12]}
        call = {"phone": PHONE, "category": "P03", "text": word, "caller_name": word[:200], "address": address}
        registered = self.post(self.operator, reverse("api:tickets"), call)
        if registered.status_code != 201:
            call |= {"address": {"street": "ул. Кирова", "house": "1"}, "caller_name": ""}
            registered = self.post(self.operator, reverse("api:tickets"), call)
        if registered.status_code != 201:
            return None
        number = str(registered.json()["number"])
        self.step(self.operator, "assign", number, company=self.company.pk, note=word[:8000])
        url = reverse("portal:step", kwargs={"number": number, "step": "accept"})
        self.post(self.portal, url, {"note": word}, form=True)
        self.step(self.program, "comment", number, note=word)
        url = reverse("portal:step", kwargs={"number": number, "step": "report_done"})
        self.post(self.portal, url, {"works": word, "act_number": word[:60]}, form=True)
        self.post(self.senior, reverse("desk:tickets"), {"text": word}, form=True)
        for client, name in ((self.program, "api:tickets"), (self.program, "api:buildings")):
            assert client.get(reverse(name), {"q": word}).status_code < 500, word
        return number

    def step(self, client: Any, step: str, number: str, **data: Any) -> None:
        self.post(client, reverse("api:ticket-step", kwargs={"number": number, "step": step}), data)

    def forget(self) -> None:
        """What was said of deeds stands on the next page that is opened, and not every ticket's is."""
        for client in (self.portal, self.senior):
            client.cookies.pop("messages", None)

    def skeletons(self, number: str) -> list[Any]:
        pages = [
            self.portal.get(reverse("portal:card", kwargs={"number": number})),
            self.senior.get(reverse("desk:card", kwargs={"number": number})),
        ]
        assert [page.status_code for page in pages] == [200, 200]
        return [Skeleton(page.content.decode()).tags for page in pages]


# One after another in one transaction, each ticket makes the next one dearer: the whole list goes in parts.
PARTS = 10
RUNS = [
    pytest.param(1000, 0, 1, id="dangerous"),
    pytest.param(40, 0, 1, id="sample", marks=pytest.mark.thorough),
    *(pytest.param(1, part, PARTS, id=f"whole-{part}", marks=pytest.mark.slow) for part in range(PARTS)),
]


@pytest.mark.parametrize(("every", "part", "parts"), RUNS)
def test_strange_words_stay_words(every: int, part: int, parts: int) -> None:
    given = words(every)[part::parts]
    centre = Centre()
    plain = centre.live_through("Обычные слова")
    assert plain is not None
    as_usual = centre.skeletons(plain)
    kept = {}
    # A NUL is refused before anything is written: tests/hostile/test_naughty_forms.py.
    for word in given:
        centre.forget()
        number = centre.live_through(word)
        if number is None:
            continue
        kept[number] = word
        row = Ticket.objects.select_related("contact").get(number=number)
        assert row.text == word.strip(), word
        # Which buttons and lines there are depends on how far it came, and that is not the word's doing.
        if could_be_alive(word) and row.status == "done" and row.works and row.act_number and row.events.count() == 5:
            assert centre.skeletons(number) == as_usual, word
    assert len(kept) > len(given) * 0.8
    assert centre.said.count(201) > len(kept)
    check_files(centre, kept)


def check_files(centre: Centre, kept: dict[str, str]) -> None:
    """Each ticket is a row, no cell is a formula, and telephones are whole."""
    query = {"status": "all"}
    centre.senior.post(reverse("desk:columns-choose"), {"columns": ["number", "caller", "phone", "text", "address"]})
    book = centre.senior.get(reverse("desk:ticket-file", kwargs={"kind": "xlsx"}), query)
    sheet = load_workbook(io.BytesIO(b"".join(book))).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2))
    assert {str(cell.value) for row in rows for cell in row} >= set(kept)
    # Word for word, but for what XML cannot hold and the apostrophe before a formula.
    told = {_bare(str(cell.value or "")) for row in rows for cell in row}
    assert not [word for word in kept.values() if _bare(word) not in told]
    assert not [cell.value for row in rows for cell in row if cell.value is not None and cell.data_type != "s"]
    assert not [cell.value for row in rows for cell in row if cell.data_type == "f"]
    text = b"".join(centre.senior.get(reverse("desk:ticket-file", kwargs={"kind": "csv"}), query))
    lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
    typed = [cell for line in lines for cell in line]
    for cells in ([str(cell.value or "") for row in rows for cell in row], typed):
        assert cells.count(PHONE) >= len(kept)
    # A workbook says of each cell that it is text; of a line of text a spreadsheet decides by its beginning.
    assert not [cell for cell in typed if FORMULA.search(cell) and not NUMBER.fullmatch(cell)]


def _bare(text: str) -> str:
    return " ".join(UNSPEAKABLE.sub("", text).replace("'", "").split())
