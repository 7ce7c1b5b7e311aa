"""How values are shown, and what no template may contain."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.conf import settings

from accounts import moments
from dispatch_center.templatetags import look

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PARTS = [path for path in TEMPLATES if path.name.startswith("_")]
# The scripts of every page: what they say stands in one place.
SHARING = {"core.js", "clocks.js", "quiet.js", "keys.js", "drafts.js", "alarms.js", "app.js"}
# 14:22 in Kaluga.
NOW = datetime(2026, 11, 23, 11, 22, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOW, "сегодня 14:22"),
        (datetime(2026, 11, 22, 21, 0, tzinfo=UTC), "сегодня 00:00"),
        (datetime(2026, 11, 22, 20, 59, tzinfo=UTC), "вчера 23:59"),
        (datetime(2026, 11, 24, 6, 5, tzinfo=UTC), "завтра 09:05"),
        (datetime(2026, 11, 21, 6, 5, tzinfo=UTC), "21.11 09:05"),
        (datetime(2025, 11, 23, 6, 5, tzinfo=UTC), "23.11.2025 09:05"),
        (datetime(2026, 12, 31, 21, 30, tzinfo=UTC), "01.01.2027 00:30"),
        (None, "—"),
    ],
)
def test_a_moment_is_read_as_people_say_it(at: datetime | None, shown: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert moments.moment(at) == shown
    assert moments.moment(at, NOW) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (0 * SECOND, "0:00"),
        (187 * SECOND, "3:07"),
        (-134 * SECOND, "2:14"),
        (3599 * SECOND, "59:59"),
        (3600 * SECOND, "1 ч 00 мин"),
        (86399 * SECOND, "23 ч 59 мин"),
        (86400 * SECOND, "1 дн 0 ч"),
        (None, "—"),
    ],
)
def test_a_length_is_as_exact_as_it_is_urgent(length: timedelta | None, shown: str) -> None:
    assert moments.clocklength(length) == shown


@pytest.mark.parametrize(
    ("left", "warned_before", "state"),
    [(181, "", "calm"), (180, "", "soon"), (1, "", "soon"), (0, "", "late"), (-1, "", "late"), (600, 600, "soon")],
)
def test_a_clock_turns_amber_three_minutes_before_and_red_at_the_moment(
    left: int, warned_before: int | str, state: str
) -> None:
    assert look.clock_state(NOW + left * SECOND, NOW, warned_before) == state


@pytest.mark.parametrize(
    ("number", "extension", "shown"),
    [
        ("+74842565602", "", "8 (4842) 56-56-02"),
        ("+74842565602", "12", "8 (4842) 56-56-02 доб. 12"),
        ("+74843962528", "", "8 (48439) 6-25-28"),
        ("+79101234567", "", "8 (910) 123-45-67"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_a_phone_is_shown_as_it_is_dialled_here(number: str | None, extension: str, shown: str) -> None:
    assert look.phone(number, extension) == shown


class Anything(forms.Form):
    note = forms.CharField(help_text="Коротко")
    kind = forms.ChoiceField(choices=[("a", "А")])
    agreed = forms.BooleanField()
    scope = forms.ChoiceField(choices=[("a", "А")], widget=forms.RadioSelect)


def test_a_control_is_dressed_as_its_kind_and_tied_to_its_error() -> None:
    form = Anything({})
    assert 'class="form-control is-invalid"' in look.control(form["note"])
    assert 'class="form-select is-invalid"' in look.control(form["kind"])
    assert 'class="form-check-input is-invalid"' in look.control(form["agreed"])
    assert 'aria-describedby="id_note_helptext id_note_error"' in look.control(form["note"])
    assert look.is_choice_of_many(form["scope"])


def test_the_script_and_the_template_say_the_same_words() -> None:
    script = "".join(path.read_text() for path in sorted((ROOT / "static/js").glob("*.js")) if path.name in SHARING)
    assert set(re.findall(r"\bwords\.(\w+)", script)) == set(look.script_words())
    assert not re.search("[а-яё]", script, re.IGNORECASE), "words belong to the catalogue"


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/img/icons.svg").read_text()))
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    assert used <= drawn


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_no_inline_code(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style\b", text), "the policy refuses inline styles"
    assert not re.search(r"\son[a-z]+=|hx-on|javascript:", text), "the policy refuses inline handlers"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "the policy refuses inline scripts"


@pytest.mark.parametrize("path", PARTS, ids=name_of)
def test_a_part_names_what_it_needs(path: Path) -> None:
    assert re.match(rf"{{% comment %}}\s*{re.escape(path.name)}: \S", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_words_on_the_screen_go_through_the_catalogue(path: Path) -> None:
    text = path.read_text()
    for hidden in (
        r"{% comment %}.*?{% endcomment %}",
        r"{#.*?#}",
        r"{% blocktrans.*?{% endblocktrans %}",
        r"{%.*?%}",
    ):
        text = re.sub(hidden, "", text, flags=re.DOTALL)
    assert re.findall(r"[А-Яа-яЁё]+", text) == []


def test_vendored_code_says_where_it_comes_from() -> None:
    vendor = ROOT / "static/vendor"
    told = (vendor / "README.md").read_text()
    for folder in (path for path in vendor.iterdir() if path.is_dir()):
        assert (folder / "LICENSE").exists(), folder.name
        assert folder.name in told
        assert not any("sourceMappingURL" in path.read_text() for path in folder.glob("*.[jc]s*"))
