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


class StaffingForm(forms.Form):
    """Whatever is left empty is what is usual; ``talk`` left empty is what was measured."""

    day = forms.DateField(label=_("День"), widget=DayInput())
    share = forms.IntegerField(label=_("Ответить, %"), min_value=1, max_value=99)
    seconds = forms.IntegerField(label=_("За, секунд"), min_value=0, max_value=600)
    talk = forms.IntegerField(
        label=_("Разговор, секунд"), min_value=10, max_value=3600, required=False, help_text=_("Пусто — измеренный")
    )
    patience = forms.IntegerField(
        label=_("Терпение, секунд"), min_value=1, max_value=3600, help_text=_("Сколько ждут, пока не бросят трубку")
    )

    def __init__(self, data: Any, *, now: datetime) -> None:
        usual = {"day": (today(now) + timedelta(days=1)).isoformat(), "share": "80", "seconds": "20", "patience": "120"}
        given = {name: data[name] for name in (*usual, "talk") if data.get(name)}
        super().__init__(usual | given)
        # An order of 2013 brought the centre about; nobody plans a day before it.
        self.fields["day"].validators += [
            MinValueValidator(EARLIEST),
            MaxValueValidator(today(now) + FURTHEST, _("Не дальше четырёх недель вперёд.")),
        ]

    def target(self) -> Target:
        """What was chosen; ask only a valid form."""
        chosen = self.cleaned_data
        return Target(chosen["share"] / 100, chosen["seconds"], chosen["patience"], chosen["talk"])
