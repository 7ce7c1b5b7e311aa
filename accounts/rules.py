"""What people read when the database refuses: one table from the rule's name to the sentence."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise | str] = {
    "contact_phone_e164_or_reason": _("Нужен номер телефона или причина, почему его нет."),
    "contact_enquiry_says_what": _("Запишите, что ответили."),
    "contact_start_is_fixed": _("Время обращения изменить нельзя."),
    "deadline_is_fixed": _("Срок и его начало изменить нельзя."),
    "deadline_stopped_is_final": _("Этот срок уже остановлен."),
    "obligation_is_fixed": _("Обещанное время изменить нельзя."),
    "obligation_final_is_final": _("Это обязательство уже исполнено или снято."),
    "obligation_kept_by_a_talk": _("Обещание исполняет только состоявшийся разговор."),
    "obligation_needs_talk": _("Обещание исполняет только состоявшийся разговор."),
    "obligation_waiver_has_reason_and_name": _("Снять обязательство можно только с причиной и именем."),
    "obligation_waiver_is_listed": _("Выберите причину из списка и поясните её."),
    "obligation_not_reached_after_tries": _("«Не дозвонились» можно записать только после трёх попыток."),
    "obligation_one_missed_call_per_number": _("По этому номеру уже есть открытый пропущенный звонок."),
    "attempt_is_fixed": _("Записанный разговор изменить нельзя."),
    "attempt_needs_outstanding": _("Это обязательство уже исполнено: звонить больше не нужно."),
    "attempt_one_active_per_obligation": _("По этому обязательству уже звонят."),
    "attempt_one_active_per_number": _("На этот номер уже звонят."),
    "attempt_reached_says_what": _("Запишите, что сказали и что ответили."),
    "escalation_is_fixed": _("Эскалация уже принята другим человеком."),
    "ticket_text_not_blank": _("Опишите, что случилось (не более 8000 знаков)."),
    "ticket_address_not_blank": _("Нужны улица и дом."),
    "ticket_move_is_legal": _("В этом состоянии такой шаг невозможен."),
    "ticket_is_fixed": _("Номер, время регистрации и обещание изменить нельзя."),
    "ticket_closing_owes_nothing": _("Сначала перезвоните заявителю: обещание ещё открыто."),
    "ticket_closing_stops_clocks": _("Не остановлены сроки заявки."),
    "ticket_closing_was_earned": _("Закрыть можно только после разговора с заявителем или с причиной старшего смены."),
    "promise_needs_live_ticket": _("Заявка уже закрыта."),
    "ticket_reopening_promises": _("При возобновлении нужно новое обещание перезвонить."),
    "event_append_only": _("Журнал заявки не изменяется."),
    "access_append_only": _("Журнал обращений к персональным данным не изменяется."),
}
