"""What is typed about an organisation's own programs."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from companies.models import SUBSCRIBED, WebhookEndpoint
from companies.outward import LONGEST_URL, BadAddress, target_of


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Для чего токен"), max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Например, «1С: заявки». Под этим названием он стоит в списке."),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_token_%s")


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Адрес вашей программы"), max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text=_("По https, порт 443, имя сервера открыто в интернете."),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=_("О чём сообщать"), widget=forms.CheckboxSelectMultiple,
        choices=[(event.value, event.label) for event in SUBSCRIBED],
        initial=[event.value for event in SUBSCRIBED],
    )  # fmt: skip

    def __init__(self, data: Any = None, *, webhook: WebhookEndpoint | None = None) -> None:
        initial = {"url": webhook.url, "events": webhook.events} if webhook else None
        super().__init__(data, auto_id="id_webhook_%s", initial=initial)

    def clean_url(self) -> str:
        try:
            return target_of(self.cleaned_data["url"]).url
        except BadAddress as refusal:
            raise ValidationError(refusal.message) from None
