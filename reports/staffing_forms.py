"""What the supervisor may ask of «Сколько нужно людей»."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from .forms import EARLIEST, DayInput
from .period import today
from .staffing import Target

# Further ahead the same weeks would say the same, and pretend to know.
FURTHEST = timedelta(weeks=4)


def _whole(label: Any, least: int, most: int, **given: Any) -> forms.IntegerField:
    # A browser's field for numbers forgets what is none: what was typed is kept.
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=widget, **given)


class StaffingForm(forms.Form):
    """Whatever is left empty is what is usual; ``talk`` left empty is what was measured."""

    day = forms.DateField(label=_("День"), widget=DayInput())
    share = _whole(_("Ответить, %"), 1, 99)
    seconds = _whole(_("За, с"), 0, 600)
    talk = _whole(_("Разговор, с"), 10, 3600, required=False, help_text=_("Пусто — измеренный"))
    patience = _whole(_("Терпение, с"), 1, 3600, help_text=_("Сколько ждут, пока не бросят трубку"))

    def __init__(self, data: Any, *, now: datetime) -> None:
        usual = {"day": (today(now) + timedelta(days=1)).isoformat(), "share": "80", "seconds": "20", "patience": "120"}
        given = {name: data[name] for name in (*usual, "talk") if data.get(name)}
        super().__init__(usual | given)
        # An order of 2013 brought the centre about; nobody plans a day before it.
        self.fields["day"].validators += [
            MinValueValidator(EARLIEST, _("Не раньше 2013 года.")),
            MaxValueValidator(today(now) + FURTHEST, _("Не дальше четырёх недель вперёд.")),
        ]

    def target(self) -> Target:
        """What was chosen; ask only a valid form."""
        chosen = self.cleaned_data
        return Target(chosen["share"] / 100, chosen["seconds"], chosen["patience"], chosen["talk"])
