"""Choosing who of the organisation goes there."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Ticket
from tickets.services import foremen_of


class ForemanForm(forms.Form):
    foreman = forms.ModelChoiceField(label=_("Мастер"), queryset=User.objects.none(), empty_label=_("— выберите —"))

    def __init__(self, ticket: Ticket, data: Any = None) -> None:
        super().__init__(data, auto_id="id_give_%s", initial={"foreman": ticket.foreman_id})
        field = self.fields["foreman"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = foremen_of(ticket.company_id)
