"""Columns of an old log: ours, the words they are headed by, and exports that are known."""

from django.utils.translation import gettext_lazy as _

from companies.imports.columns import Field, Kind

# Exports of Minsk's service 115, by days and by minutes.
_MINSK = {
    "number": "id", "category": "category", "text": "category_name", "address": "address", "status": "status",
    "due": "planned",
}  # fmt: skip
TICKETS = Kind(
    "tickets",
    (
        Field("number", _("Номер"), "номер | номер заявки | n | number | id | рег номер"),
        Field(
            "opened",
            _("Открыта"),
            "opened at | opened | открыта | зарегистрирована | дата регистрации | дата подачи | "
            "дата создания | создана | дата | поступила | дата и время | created",
        ),
        Field(
            "due",
            _("Срок"),
            "due | срок | срок исполнения | контрольный срок | плановая дата | плановый срок | "
            "planned | выполнить до | deadline",
        ),
        Field(
            "closed",
            _("Закрыта"),
            "closed | closed at | закрыта | дата закрытия | выполнена | дата выполнения | исполнена | дата исполнения",
        ),
        Field("status", _("Состояние"), "статус | состояние | status"),
        Field("category", _("Категория"), "категория | category | вид работ | тип | проблема | вид заявки"),
        Field("address", _("Адрес"), "адрес | address"),
        Field("locality", _("Населённый пункт"), "населенный пункт | город | locality"),
        Field("street", _("Улица"), "улица | street"),
        Field("house", _("Дом"), "дом | house"),
        Field("flat", _("Квартира"), "квартира | кв | flat"),
        Field("company", _("Организация"), "организация | исполнитель | ук | organisation | organization | company"),
        Field("phone", _("Телефон"), "телефон | номер телефона | phone | контактный телефон"),
        Field("caller", _("Заявитель"), "заявитель | фио | caller | кто обратился"),
        Field("channel", _("Канал"), "канал | channel | источник | способ обращения"),
        Field("text", _("Текст"), "текст | описание | text | содержание | суть | комментарий | description"),
    ),
    (_MINSK | {"opened": "opened", "company": "organisation"}, _MINSK | {"opened": "opened_at"}),
    ((("opened",),), (("address",), ("street", "house"))),
)
