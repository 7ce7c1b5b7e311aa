"""The ticket, and what ties it to clocks and promises."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now, Reverse
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import E164, Role, User, named
from accounts.wall import is_behind_wall
from callbacks.models import COMPANY_CLOCKS, CallbackObligation, Contact, Deadline
from companies.models import Building, Company
from tickets.workflow import DEAD, LIVE, REPORTED, WITH_COMPANY, Status

from .beginnings import OwnTicketsWith, beginning_with, words_of
from .norms import Category, Norm


class Scope(models.TextChoices):
    """How far a trouble reaches (пределы), keys 1–5 at intake."""

    HERE = "here", _("только здесь")
    RISER = "riser", _("стояк")
    ENTRANCE = "entrance", _("подъезд")
    HOUSE = "house", _("дом")
    STREET = "street", _("улица")


class NextTicketNumber(models.Func):
    """The next registration number; the function stands in the first migration."""

    function = "next_ticket_number"
    output_field = models.CharField()


class PortalTab(models.TextChoices):
    """How an organisation's tickets are laid out before it."""

    NEW = "new", _("Новые")
    WORK = "work", _("В работе")
    EXPIRING = "expiring", _("Истекают")
    RETURNED = "returned", _("Возвращены")
    DONE = "done", _("Выполненные")


# Whose clock ends within this time stands under «Истекают» as well.
EXPIRING = timedelta(hours=2)
# What was closed long ago is looked for, not paged through.
SHOWN_AFTER_CLOSING = timedelta(days=30)


def portal_tab(tab: str, at: datetime) -> Q:
    """Which tickets of an organisation stand on ``tab`` at ``at``."""
    match tab:
        case PortalTab.NEW:
            return Q(status=Status.ASSIGNED)
        case PortalTab.WORK:
            return Q(status__in=[Status.ACCEPTED, Status.IN_WORK, Status.POSTPONED])
        case PortalTab.EXPIRING:
            soon = TicketDeadline.objects.of_company().filter(deadline__due_at__lte=at + EXPIRING)
            return Q(models.Exists(soon.filter(ticket=models.OuterRef("pk"))), status__in=WITH_COMPANY)
        case PortalTab.RETURNED:
            return Q(status=Status.RETURNED)
        case _:
            closed = Q(
                status__in=[Status.CLOSED, Status.CLOSED_UNCONFIRMED], registered_at__gte=at - SHOWN_AFTER_CLOSING
            )
            return Q(status__in=REPORTED) | closed


# What an organisation's people read of a ticket and of what hangs on it: no number, no name, no note of a talk. The
# database grants the same columns (tests/wall/test_grants.py), so another one needs a migration as well.
SHOWN_TO_ORGANISATIONS = (
    "number", "status", "category", "is_emergency", "text", "building", "locality_name", "street", "house", "entrance",
    "floor", "flat", "company", "registered_at", "damaged_at", "transferred_at", "accepted_at", "planned_at",
    "term_told_at", "started_at", "postponed_until", "localised_at", "done_at", "closed_at", "works", "act_number",
    "returns", "is_appointed", "old_number", "scope", "celsius", "access_note", *named("foreman"),
    "contact__channel", "contact__received_at", "callback__reason", "callback__due_at", "callback__state",
    "control_callback__reason", "control_callback__due_at", "control_callback__state",
)  # fmt: skip


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> Self:
        """Who may see a ticket: the centre all, an organisation its own, a foreman what he was given."""
        if user.is_of_centre:
            return self
        own = self.filter(company__memberships__user=user).only(*SHOWN_TO_ORGANISATIONS)
        return own.filter(foreman=user) if user.role == Role.FOREMAN else own

    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def dead(self) -> Self:
        return self.filter(status__in=DEAD)

    def overdue(self, at: datetime) -> Self:
        """Those with a running clock that is past its time."""
        return self.live().filter(
            models.Exists(TicketDeadline.objects.filter(ticket=models.OuterRef("pk"), deadline__stopped_at=None,
                                                        deadline__due_at__lte=at))
        )  # fmt: skip

    def with_row_details(self) -> Self:
        """Everything a list row prints."""
        return self.select_related("category", "company", "contact", "callback")

    def with_step_details(self) -> Self:
        """What a step of the workflow reads and changes; more joins would cost more to plan than to run."""
        return self.select_related("category", "company", "contact", "callback", "norm", "control_callback")

    def for_organisation(self) -> Self:
        """What an organisation reads of its tickets: the contact, with its name and phone, is not even selected.

        ``running`` holds the clocks that run, the nearest first; ``nearest_due_at`` orders the list by it;
        ``last_step`` is what happened last: an answer of the centre is to be seen.
        """
        from .history import TicketEvent

        clocks = TicketDeadline.objects.of_company().order_by("deadline__due_at")
        nearest = clocks.filter(ticket=models.OuterRef("pk")).values("deadline__due_at")[:1]
        last = TicketEvent.objects.filter(ticket=models.OuterRef("pk")).order_by("-pk")
        return (
            self.select_related("category", "foreman")
            .annotate(
                nearest_due_at=models.Subquery(nearest),
                last_step=models.Subquery(last.values("step")[:1]),
                last_step_at=models.Subquery(last.values("happened_at")[:1]),
            )
            .prefetch_related(models.Prefetch("deadlines", clocks.select_related("deadline"), to_attr="running"))
        )

    def on_tab(self, tab: str, at: datetime) -> Self:
        """An organisation's tickets of one tab of its portal, the most urgent or the latest first."""
        found = self.filter(portal_tab(tab, at))
        if tab == PortalTab.DONE:
            return found.order_by("-done_at", "-id")
        return found.order_by(models.F("nearest_due_at").asc(nulls_last=True), "id")

    def to_be_worked(self) -> Self:
        """What an organisation has and has not done, whose clock ends first on top."""
        return self.filter(status__in=WITH_COMPANY).order_by(models.F("nearest_due_at").asc(nulls_last=True), "id")

    def tab_counts(self, at: datetime) -> dict[str, int]:
        counts = {str(tab): models.Count("pk", filter=portal_tab(tab, at)) for tab in PortalTab}
        return self.filter(portal_tab(PortalTab.DONE, at) | Q(status__in=WITH_COMPANY)).aggregate(**counts)

    def with_card_details(self) -> Self:
        """Everything the card prints, apart from its histories."""
        return self.with_row_details().select_related(
            "norm", "building__locality", "control_callback", "registered_by", "foreman", "duplicate_of"
        )

    def find_own(self, text: str) -> Self:
        """What an organisation looks for among its own: a number, or words of which each begins one of the ticket's."""
        words = words_of(text)
        if len(words) == 1 and words[0].replace("-", "").isdigit() and len(words[0]) > 3:
            return self.filter(number__endswith=words[0])
        return self.with_words(beginning_with(words)) if words else self.none()

    def with_answer_details(self) -> Self:
        """Everything a program is told of one ticket, apart from its histories."""
        return self.with_row_details().select_related("control_callback")

    def search(self, text: str) -> Self:
        """By number, or by the words of address and text (Russian word forms)."""
        text = text.strip()
        if text.replace("-", "").isdigit():
            return self.filter(Q(number__endswith=text) | Q(old_number=text))
        return self.with_words(SearchQuery(text, config="russian", search_type="websearch"))

    def with_words(self, query: SearchQuery) -> Self:
        """In which ``query`` is found. Behind the wall the index may be asked by a function only."""
        return self.filter(pk__in=OwnTicketsWith(query)) if is_behind_wall() else self.filter(search=query)

    def of_page(self, page: models.QuerySet["Ticket"]) -> Self:
        """The rows of ``page``, chosen before anything is joined: each joined row has a rule of its own at the wall."""
        return self.filter(pk__in=page.values("pk")).order_by(*page.query.order_by)

    def of_phone(self, number: str) -> Self:
        """What the caller with this number (E.164) has told us; for the centre's people only."""
        return self.filter(contact__phone=number)

    def with_nearest_clock(self) -> Self:
        """``next_due_at``: when the nearest running clock of the work is due, None when none runs."""
        running = Deadline.objects.running().filter(ticket_deadline__ticket=models.OuterRef("pk"))
        return self.annotate(next_due_at=models.Subquery(running.order_by("due_at").values("due_at")[:1]))


class Ticket(models.Model):
    """One piece of work at one address (заявка). Address is a snapshot: registers change, tickets do not."""

    # YY-NNNNNN from a sequence: increasing, gaps allowed, short enough to dictate.
    number = models.CharField(_("номер"), max_length=16, unique=True, db_default=NextTicketNumber())
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="tickets", verbose_name=_("обращение"))
    # NOT NULL on purpose: the schema itself refuses a ticket without the ten-minute promise.
    callback = models.OneToOneField(CallbackObligation, models.PROTECT, related_name="ticket")
    control_callback = models.OneToOneField(
        CallbackObligation, models.PROTECT, null=True, related_name="controlled_ticket"
    )
    status = models.CharField(_("состояние"), max_length=20, choices=Status.choices, default=Status.REGISTERED)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name=_("категория"))
    norm = models.ForeignKey(Norm, models.PROTECT, null=True, related_name="+", verbose_name=_("норматив"))
    is_emergency = models.BooleanField(_("авария"), default=False)
    text = models.TextField(_("описание"))
    # Address of the problem, which need not be the caller's own.
    building = models.ForeignKey(Building, models.PROTECT, null=True, related_name="+", verbose_name=_("дом"))
    locality_name = models.CharField(_("населённый пункт"), max_length=120, blank=True)
    street = models.CharField(_("улица"), max_length=150)
    house = models.CharField(_("дом"), max_length=20)
    entrance = models.CharField(_("подъезд"), max_length=8, blank=True)
    floor = models.CharField(_("этаж"), max_length=8, blank=True)
    flat = models.CharField(_("квартира"), max_length=12, blank=True)
    # How far it reaches: a flat or a riser is the house's own, a house and wider is the supplier's.
    scope = models.CharField(_("где ещё"), max_length=8, choices=Scope.choices, default=Scope.HERE, db_default="here")
    celsius = models.SmallIntegerField(_("градусов в комнате"), null=True, blank=True)
    access_note = models.CharField(_("когда и как попасть"), max_length=300, blank=True, db_default="")
    shares_phone = models.BooleanField(_("телефон можно дать мастеру"), default=False, db_default=False)
    site_phone = models.CharField(_("телефон на месте"), max_length=16, blank=True, db_default="")
    outage = models.ForeignKey(
        "Outage", models.PROTECT, null=True, related_name="tickets", verbose_name=_("отключение")
    )
    # The cause and the term were told in the call itself: the promise was kept at once, and is counted apart.
    told_live_at = models.DateTimeField(_("сказано сразу"), null=True)
    wants_news = models.BooleanField(_("просит позвонить, когда включат"), default=False, db_default=False)
    repeats = models.PositiveSmallIntegerField(_("повторных обращений"), default=0, db_default=0)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, related_name="tickets", verbose_name=_("исполнитель")
    )
    # Two refused: the supervisor named this one, and it cannot send the work back until the matter is decided.
    is_appointed = models.BooleanField(_("назначена до решения"), default=False, db_default=False)
    foreman = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("мастер"))
    # Its index is the one by person and time below.
    registered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("кто принял"), db_index=False
    )
    registered_at = models.DateTimeField(_("зарегистрирована"))
    # When it broke, where the caller knows: some norms count from there.
    damaged_at = models.DateTimeField(_("когда случилось"), null=True)
    transferred_at = models.DateTimeField(_("передана"), null=True)
    accepted_at = models.DateTimeField(_("принята"), null=True)
    planned_at = models.DateTimeField(_("плановый срок"), null=True)
    term_told_at = models.DateTimeField(_("срок сообщён заявителю"), null=True)
    started_at = models.DateTimeField(_("начата"), null=True)
    postponed_until = models.DateTimeField(_("отложена до"), null=True)
    localised_at = models.DateTimeField(_("локализована"), null=True)
    done_at = models.DateTimeField(_("выполнена"), null=True)
    closed_at = models.DateTimeField(_("закрыта"), null=True)
    works = models.TextField(_("что сделано"), blank=True)
    act_number = models.CharField(_("номер акта"), max_length=60, blank=True)
    returns = models.PositiveSmallIntegerField(_("возвратов"), default=0)
    mark = models.PositiveSmallIntegerField(_("оценка заявителя"), null=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    # One submitted form, one ticket: a double click meets this index.
    intake_key = models.UUIDField(unique=True, editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    # Brought over from the log that the centre kept before: its times are that log's, whatever they say.
    imported_at = models.DateTimeField(_("внесена из прежнего журнала"), null=True, editable=False)
    old_number = models.CharField(_("прежний номер"), max_length=40, blank=True, editable=False, db_default="")
    search = models.GeneratedField(
        expression=SearchVector("text", "street", "house", "works", config="russian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("заявка")
        verbose_name_plural = _("заявки")
        indexes = [
            models.Index(fields=["-registered_at"], name="ticket_by_time"),
            models.Index(fields=["company", "status", "-registered_at"], name="ticket_of_company"),
            models.Index(fields=["building", "-registered_at"], name="ticket_of_building"),
            GinIndex(fields=["search"], name="ticket_search"),
            models.Index(Reverse("number"), name="ticket_by_last_digits"),
            models.Index(Reverse("site_phone"), name="ticket_by_site_phone", condition=~Q(site_phone="")),
            models.Index(fields=["registered_by", "-registered_at"], name="ticket_of_operator"),
            models.Index(fields=["outage"], name="ticket_of_outage", condition=Q(outage__isnull=False)),
            # Neighbours, and several calls from one house or street, also where the register has no such house.
            models.Index(fields=["street", "house", "-registered_at"], name="ticket_by_street"),
            models.Index(fields=["category", "-registered_at"], name="ticket_of_category"),
            models.Index(fields=["contact"], name="ticket_of_contact_live", condition=Q(status__in=LIVE)),
            models.Index(fields=["-registered_at"], name="ticket_live", condition=Q(status__in=LIVE)),
            models.Index(fields=["closed_at"], name="ticket_by_closing", condition=Q(closed_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="ticket_status_is_known"),
            models.CheckConstraint(
                condition=~Q(text__regex=r"^\s*$") & Q(LessThanOrEqual(Length("text"), 8000)),
                name="ticket_text_not_blank",
                violation_error_message=_("Опишите, что случилось."),
            ),
            models.CheckConstraint(condition=~Q(street="") & ~Q(house=""), name="ticket_address_not_blank"),
            models.CheckConstraint(
                condition=Q(damaged_at=None) | Q(damaged_at__lte=models.F("registered_at")),
                name="ticket_damaged_before_registered",
                violation_error_message=_("Случиться это могло только раньше звонка."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["registered", "rejected", "cancelled", "duplicate"])
                | Q(company__isnull=False)
                # Whoever it was is not in the register any more, or never was.
                | Q(status="closed_unconfirmed", imported_at__isnull=False),
                name="ticket_with_company_has_company",
            ),
            models.CheckConstraint(
                condition=Q(company=None) | Q(transferred_at__isnull=False), name="ticket_transferred_has_moment"
            ),
            # A skipped step must not lose its time stamp.
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "in_work", "postponed", "done", "not_confirmed", "returned"])
                | Q(accepted_at__isnull=False),
                name="ticket_accepted_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["done", "not_confirmed"]) | Q(done_at__isnull=False),
                name="ticket_done_has_moment",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=DEAD) & Q(closed_at__isnull=False)) | (~Q(status__in=DEAD) & Q(closed_at=None)),
                name="ticket_dead_has_moment",
            ),
            models.UniqueConstraint(fields=["old_number"], name="ticket_old_number_once", condition=~Q(old_number="")),
            models.CheckConstraint(
                condition=Q(old_number="") | Q(imported_at__isnull=False), name="ticket_old_number_is_imported"
            ),
            models.CheckConstraint(
                condition=~Q(status="duplicate") | Q(duplicate_of__isnull=False), name="ticket_duplicate_names_master"
            ),
            models.CheckConstraint(
                condition=Q(is_appointed=False)
                | (~Q(status__in=["registered", "rejected"]) & Q(company__isnull=False)),
                name="ticket_appointed_is_not_rejected",
            ),
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="ticket_scope_is_known"),
            models.CheckConstraint(
                condition=Q(site_phone="") | Q(site_phone__regex=E164), name="ticket_site_phone_e164"
            ),
            models.CheckConstraint(
                condition=Q(celsius=None) | Q(celsius__range=(-50, 50)), name="ticket_celsius_is_real"
            ),
            models.CheckConstraint(condition=Q(mark=None) | Q(mark__range=(1, 5)), name="ticket_mark_one_to_five"),
            models.CheckConstraint(
                condition=Q(told_live_at=None) | Q(outage__isnull=False), name="ticket_told_live_of_outage"
            ),
            models.CheckConstraint(
                condition=Q(control_callback=None) | ~Q(control_callback=models.F("callback")),
                name="ticket_promises_differ",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def address(self) -> str:
        """г. Калуга, ул. Кирова, 20, под. 2, эт. 3, кв. 15"""
        parts = [self.locality_name, self.street, self.house]
        if self.entrance:
            parts.append(_("под. %s") % self.entrance)
        if self.floor:
            parts.append(_("эт. %s") % self.floor)
        if self.flat:
            parts.append(_("кв. %s") % self.flat)
        return ", ".join(str(part) for part in parts if part)


class TicketDeadlineQuerySet(models.QuerySet["TicketDeadline"]):
    def of_company(self) -> Self:
        """The running clocks that the organisation is held to."""
        return self.filter(deadline__stopped_at=None, deadline__clock__in=COMPANY_CLOCKS)


class TicketDeadline(models.Model):
    """A clock of the work itself: acceptance, localisation, check, repair."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="deadlines")
    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="ticket_deadline")

    objects = TicketDeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("срок заявки")
        verbose_name_plural = _("сроки заявки")

    def __str__(self) -> str:
        return str(self.deadline)
