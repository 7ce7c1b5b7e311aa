"""What a telephone sends: photos, and the two moments that it names by its own clock."""

from datetime import datetime
from typing import Any, TypeAlias
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from tickets.models import MOST_PHOTOS, TicketPhoto
from tickets.services.photos import Shot
from tickets.services.pictures import PhotoRefused, read_picture
from tickets.services.pressed import pressed_moment

File: TypeAlias = "UploadedFile[Any]"
EMPTY = _("Файл пуст. Сделайте снимок ещё раз.")


class TelephoneMoment(forms.DateTimeField):
    """A moment by a clock that may be wrong altogether: what cannot be read is nothing, and refuses nobody's work."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except (ValidationError, OverflowError):
            return None


class PressedForm(forms.Form):
    """Under which key something is sent, and when it was pressed."""

    key = forms.UUIDField()
    pressed_at = TelephoneMoment(required=False)
    sent_at = TelephoneMoment(required=False)

    def pressed(self, *, at: datetime) -> datetime | None:
        told = self.cleaned_data
        return pressed_moment(pressed_at=told["pressed_at"], sent_at=told["sent_at"], at=at)


class Files(forms.FileField):
    """One file or several."""

    widget = type("FilesInput", (forms.FileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        given = data if isinstance(data, list) else [data] if data else []
        if self.required and not given:
            raise ValidationError(_("Выберите фото."))
        if len(given) > MOST_PHOTOS:
            raise ValidationError(_("За один раз можно отправить не больше 20 фото."))
        return [super(Files, self).clean(one, initial) for one in given]


class PhotoForm(PressedForm):
    """Photos of one stage. A form without a script has one key for all of them."""

    photos = Files(label=_("Фото"), error_messages={"empty": EMPTY})
    stage = forms.ChoiceField(choices=TicketPhoto.Stage.choices, label=_("Когда снято"))

    def shots(self, *, at: datetime) -> list[Shot]:
        """Raises PhotoRefused."""
        told = self.cleaned_data
        return shots_of(told["photos"], stage=told["stage"], key=told["key"], pressed_at=self.pressed(at=at))


def shots_of(files: list[File], *, stage: str, key: UUID, pressed_at: datetime | None = None) -> list[Shot]:
    """The decoded photos, each under a key of its own. Raises PhotoRefused."""
    keys = [key, *(uuid5(NAMESPACE_OID, f"{key}:{number}") for number in range(1, len(files)))]
    return [
        Shot(read_picture(file), stage=stage, key=one, pressed_at=pressed_at)
        for file, one in zip(files, keys, strict=True)
    ]


def shots_of_work(files: MultiValueDict[str, File], *, given_key: str) -> list[Shot]:
    """The photos that came with «Работа сделана». Raises PhotoRefused."""
    given = [file for file in files.getlist("photos") if file]
    if not given:
        return []
    try:
        key = UUID(given_key)
    except ValueError:
        key = uuid4()
    try:
        files_given = Files(error_messages={"empty": EMPTY}).clean(given)
    except ValidationError as error:
        raise PhotoRefused(error.messages[0]) from None
    return shots_of(files_given, stage=TicketPhoto.Stage.AFTER, key=key)
