"""Справочники: people, their tokens, the duty roster, and the journal of readings of personal data."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from . import clock, services
from .adminkit import ReadOnlyAdmin, RegisterAdmin, shown
from .backends import may_enter_admin
from .models import COMPANY_ROLES, AccessRecord, ApiToken, DutyShift, User

admin.site.has_permission = may_enter_admin  # type: ignore[method-assign]
admin.site.site_header = _("Единая диспетчерская служба ЖКХ")
admin.site.index_title = _("Справочники")
# What nobody edits here: rights come from the role.
admin.site.unregister(Group)


# The type stubs know them as generic, Django itself does not.
if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
    DutyModelForm = forms.ModelForm[DutyShift]
    PersonField = forms.ModelChoiceField[User]
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    UserModelForm = DutyModelForm = forms.ModelForm
    PersonField = forms.ModelChoiceField
    BaseUserAdmin = DjangoUserAdmin


class InvitedUserForm(UserModelForm):
    """A new person without a password: the invitation lets him set his own."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["email"].help_text = _("Сюда придёт приглашение; по нему человек сам задаст пароль.")

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        user: User = super().save(commit)
        return user


@admin.register(User)
class UserAdmin(RegisterAdmin[User], BaseUserAdmin):
    list_display = ("username", "last_name", "first_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "last_name", "first_name", "email")
    ordering = ("username",)
    actions = ("invite",)
    add_form = InvitedUserForm
    add_fieldsets = ((None, {"fields": ("username", "first_name", "last_name", "email", "role")}),)
    # Neither the password's hash nor Django's own rights: the role decides, and a lost password is reset by letter.
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name")}),
        (_("Как сообщить о тревоге"), {"fields": ("email", "phone")}),
        (_("Что может"), {"fields": ("role", "is_active", "is_staff", "is_superuser")}),
        (_("Когда"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    @admin.action(description=_("Послать приглашение"), permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        sent = 0
        for user in queryset:
            try:
                services.invite(user=user)
            except services.InvitationNotSent as refusal:
                self.message_user(request, str(refusal.message), messages.ERROR)
            else:
                sent += 1
        if sent:
            said = ngettext("Послано %(count)s приглашение.", "Послано приглашений: %(count)s.", sent)
            self.message_user(request, said % {"count": sent}, messages.SUCCESS)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever wrote in a history stays in it; somebody who left is made inactive."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """The hash cannot be guessed letter by letter through a filter in the address."""
        return "password" not in lookup and admin.ModelAdmin.lookup_allowed(self, lookup, value, request)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """Nobody sets another person's password: there are invitations and resets."""
        raise Http404

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()


@admin.register(ApiToken)
class ApiTokenAdmin(RegisterAdmin[ApiToken]):
    """Issued here for somebody (or by ``manage.py issue_token``), with the secret shown once; revoked here."""

    list_display = ("name", "user", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "created_at", "issued_by", "last_used_at", "revoked_at", "revoked_by")
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj else ("name", "user")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            return
        issued, obj.secret = ApiToken.issue(user=obj.user, name=obj.name.strip(), by=cast(User, request.user))
        obj.pk = issued.pk

    @method_decorator(never_cache)
    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The only page that ever holds the secret."""
        context = {**self.admin_site.each_context(request), "title": obj.name, "token": obj, "opts": self.opts}
        return TemplateResponse(request, "admin/accounts/apitoken/secret.html", context, status=201)

    @admin.action(description=_("Отозвать токены"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = queryset.filter(revoked_at=None).update(revoked_at=clock.now(), revoked_by=cast(User, request.user))
        self.message_user(request, _("Отозвано токенов: %(count)s.") % {"count": revoked}, messages.SUCCESS)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False


LONGEST_DUTY = timedelta(hours=24)


class PersonOnDutyField(PersonField):
    def label_from_instance(self, obj: User) -> str:
        return f"{obj} — {obj.get_role_display()}"


class DutyShiftForm(DutyModelForm):
    """One line of the roster. A duty that is over is written only by somebody who says that he means it."""

    user = PersonOnDutyField(
        label=_("Кто"),
        queryset=User.objects.filter(is_active=True)
        .exclude(role__in=COMPANY_ROLES)
        .order_by("last_name", "first_name", "username"),
    )
    is_past_meant = forms.BooleanField(
        label=_("Записать задним числом"), required=False,
        help_text=_("Нужно только для дежурства, которое уже кончилось."),
    )  # fmt: skip

    class Meta:
        model = DutyShift
        fields = ("user", "post", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):
            moment: Any = self.fields[name]
            for box, part in zip(moment.widget.widgets, (_("дата"), _("время")), strict=True):
                box.attrs["aria-label"] = f"{moment.label}: {part}"
        if self.instance.pk:
            # Whoever held a duty stays in its line, also after leaving.
            people: Any = self.fields["user"]
            people.queryset |= User.objects.filter(pk=self.instance.user_id)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at - starts_at > LONGEST_DUTY:
            self.add_error("ends_at", _("Дежурство длиннее суток. Разделите его на несколько."))
        if ends_at and ends_at <= clock.now() and self.changed_data and not cleaned.get("is_past_meant"):
            self.add_error(
                "is_past_meant", _("Это дежурство уже кончилось. Проверьте дату или отметьте, что так и надо.")
            )
        return cleaned


@admin.register(DutyShift)
class DutyShiftAdmin(RegisterAdmin[DutyShift]):
    list_display = ("user", "post", "starts_at", "ends_at")
    list_filter = ("post", "starts_at")
    list_select_related = ("user",)
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    form = DutyShiftForm
    fields = ("user", "post", "starts_at", "ends_at", "is_past_meant")

    def save_model(self, request: HttpRequest, obj: DutyShift, form: DutyShiftForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.starts_at <= clock.now() < obj.ends_at:
            said = _(
                "Дежурство уже идёт: следующие тревоги придут этому человеку, прежние остались у того, кому пришли."
            )
            self.message_user(request, said, messages.WARNING)


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin[AccessRecord]):
    list_display = readonly_fields = fields = (
        shown("recorded_at", _("когда")), shown("actor", _("кто")), shown("what", _("что смотрел")),
        shown("subject", _("чьё")), shown("reason", _("зачем")),
    )  # fmt: skip
    list_select_related = ("actor",)
    search_fields = ("subject", "actor__username", "actor__last_name")
    ordering = ("-id",)
