"""The search box, the name of a view, and the columns of a list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .meanings import Meaning, TooShort, meanings_of


class SearchForm(forms.Form):
    """One line for everything. Empty: no search any more."""

    text = forms.CharField(
        label=_("Номер, телефон, имя, адрес или слова"), max_length=200, required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off", "data-key": "F3", "data-key-label": _("искать заявку"),
                "placeholder": _("26-104233, последние цифры телефона, Иванова, кирова 20, течёт труба"),
            }
        ),
    )  # fmt: skip

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            self.meanings: list[Meaning] = meanings_of(text) if text else []
        except TooShort as refusal:
            raise forms.ValidationError(refusal.message) from None
        return text


class ViewNameForm(forms.Form):
    name = forms.CharField(
        label=_("Название вида"), max_length=60, error_messages={"required": _("Назовите вид.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    use_required_attribute = False
