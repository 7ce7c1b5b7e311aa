"""Forms of signing in and of passwords: Django's own, with our words and what password managers need."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from .models import User

# The type stubs know it as generic, Django itself does not.
if TYPE_CHECKING:
    SetPassword = SetPasswordForm[User]
else:
    SetPassword = SetPasswordForm


class LoginForm(AuthenticationForm):
    # One sentence for a wrong name, a wrong password and a blocked account: a stranger learns nothing from it.
    error_messages = {
        "invalid_login": _("Имя или пароль не подошли. Проверьте раскладку и Caps Lock."),
        "inactive": _("Имя или пароль не подошли. Проверьте раскладку и Caps Lock."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Имя для входа")
        self.fields["password"].label = _("Пароль")
        # After a refusal the next keystroke belongs to the password.
        first, second = ("password", "username") if self.is_bound else ("username", "password")
        self.fields[first].widget.attrs["autofocus"] = True
        self.fields[second].widget.attrs.pop("autofocus", None)


class ResetForm(PasswordResetForm):
    email = forms.EmailField(
        label=_("Адрес электронной почты"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class NewPasswordForm(SetPassword):
    """The first password of an invited person, or a new one after a reset."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("Новый пароль")
        self.fields["new_password2"].label = _("Ещё раз")
        self.fields["new_password1"].widget.attrs["autofocus"] = True


class ChangePasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Нынешний пароль")
        self.fields["new_password1"].label = _("Новый пароль")
        self.fields["new_password2"].label = _("Ещё раз")
