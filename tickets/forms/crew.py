"""Choosing who of the organisation goes there."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from tickets.models import Ticket
from tickets.services import foremen_of


class ForemanForm(forms.Form):
    foreman = forms.ModelChoiceField(label=_("Мастер"), queryset=User.objects.none(), empty_label=_("— выберите —"))

    def __init__(self, ticket: Ticket, data: Any = None) -> None:
        super().__init__(data, auto_id="id_give_%s", initial={"foreman": ticket.foreman_id})
        field = self.fields["foreman"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = foremen_of(ticket.company_id)


class OwnFilterForm(forms.Form):
    """Narrows the lists of an organisation, in the query string; what is typed wrongly narrows nothing."""

    NOBODY = "none"

    foreman = forms.ChoiceField(label=_("Мастер"), required=False)
    emergency = forms.BooleanField(label=_("только аварии"), required=False)

    def __init__(self, data: Any, *, company: Company) -> None:
        super().__init__(data, auto_id="id_only_%s")
        field = self.fields["foreman"]
        assert isinstance(field, forms.ChoiceField)
        foremen = foremen_of(company.pk)
        # Asked for only where they are shown, or one is named; and once.
        field.choices = lambda: [
            ("", _("все")), (self.NOBODY, _("не назначен")), *((str(one.pk), str(one)) for one in foremen),
        ]  # fmt: skip
        self.is_valid()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What narrows, as it stands in the query string."""
        told = self.cleaned_data
        return [(name, told[name] if name == "foreman" else "on") for name in self.fields if told.get(name)]

    @property
    def condition(self) -> Q:
        foreman = self.cleaned_data.get("foreman")
        found = Q(foreman=None if foreman == self.NOBODY else foreman) if foreman else Q()
        return found & Q(is_emergency=True) if self.cleaned_data.get("emergency") else found
