"""Forms of an import: the file, and which column is which field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.models import ImportRun

from .columns import REGISTER

SUFFIXES = (".csv", ".gz", ".xlsx", ".txt")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Файл"),
        help_text=_("CSV (также .csv.gz) или XLSX, первая строка — названия столбцов. До 20 МБ."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )


class ColumnsForm(forms.Form):
    """A choice of a column for each field; its name is the field's."""

    def __init__(self, data: Any, *, run: ImportRun) -> None:
        super().__init__(data, initial=run.columns)
        choices = [("", _("— нет —")), *((heading, heading) for heading in dict.fromkeys(run.header) if heading)]
        for field in REGISTER.fields:
            self.fields[field.name] = forms.ChoiceField(label=str(field.title), choices=choices, required=False)
