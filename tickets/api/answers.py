"""What the API says. Phones and names are for the centre only: organisations get answers without these fields."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.phones import hide_phones
from callbacks.models import COMPANY_CLOCKS, CallAttempt, CallbackObligation, Clock, Contact, Deadline, Mark
from companies.models import Building, Company
from tickets.models import Category, Outage, Ticket, TicketEvent, TicketPhoto
from tickets.services import promise_ids
from tickets.workflow import Status

# Who and what of the citizen only the centre may know.
PERSONAL = ("phone", "extension", "caller_name")
# Where people type whatever they like, numbers too.
TYPED = ("text", "works", "note", "details")


class CompanyAnswer(serializers.ModelSerializer[Company]):
    class Meta:
        model = Company
        fields = ("id", "name", "kind")
        ref_name = "Company"


class NamedCompany(serializers.ModelSerializer[Company]):
    class Meta:
        model = Company
        fields = ("id", "name")


class BuildingAnswer(serializers.ModelSerializer[Building]):
    locality = serializers.CharField(source="locality.name")

    class Meta:
        model = Building
        fields = ("id", "locality", "street", "house")
        ref_name = "Building"


class CategoryAnswer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("code", "place", "group", "problem", "is_emergency", "is_danger", "responsible_kind")
        ref_name = "Category"


class NamedCategory(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("code", "problem")


class OutageAnswer(serializers.ModelSerializer[Outage]):
    """An outage: `ends_at` was promised, `ended_at` came true; `company` is shown to the centre and to itself."""

    kind = serializers.ChoiceField(choices=Outage.Kind.choices)
    services: Any = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    category = NamedCategory(allow_null=True)
    company = NamedCompany(allow_null=True)
    houses = serializers.IntegerField(help_text="How many houses; ask with `building` whether one is among them.")

    class Meta:
        model = Outage
        fields = (
            "id", "kind", "services", "category", "where", "houses", "starts_at", "ends_at", "ended_at",
            "called_off_at", "cause", "text", "company",
        )  # fmt: skip
        ref_name = "Outage"

    def to_representation(self, instance: Outage) -> Any:
        said = super().to_representation(instance)
        said["houses"] = said["houses"] or 0
        user = self.context["request"].user
        if not user.is_of_centre and instance.company_id != _company_of(user):
            said["company"] = None
        return said


def _company_of(user: User) -> int | None:
    # Remembered with the person: a page of outages asks once.
    membership = getattr(user, "membership", None)
    return membership.company_id if membership else None


class AddressAnswer(serializers.Serializer[Ticket]):
    """The address as it was written down: later edits of the register do not change it."""

    building = serializers.IntegerField(source="building_id", allow_null=True)
    locality = serializers.CharField(source="locality_name", allow_blank=True)
    street = serializers.CharField()
    house = serializers.CharField()
    entrance = serializers.CharField(allow_blank=True)
    floor = serializers.CharField(allow_blank=True)
    flat = serializers.CharField(allow_blank=True)


class PromiseAnswer(serializers.ModelSerializer[CallbackObligation]):
    """A promise to ring back; ``due_at`` is null where there is no number to ring."""

    class Meta:
        model = CallbackObligation
        fields = ("id", "reason", "due_at", "state")


class DeadlineAnswer(serializers.ModelSerializer[Deadline]):
    """A clock of the work. Only the marks V and V2 may be shown as law; D is the centre's own rule."""

    clock = serializers.ChoiceField(choices=Clock.choices)
    mark = serializers.ChoiceField(choices=Mark.choices)
    outcome = serializers.ChoiceField(choices=Deadline.Outcome.choices, allow_null=True)

    class Meta:
        model = Deadline
        fields = ("clock", "due_at", "agreed_at", "source", "mark", "stopped_at", "outcome")


class TicketAnswer(serializers.ModelSerializer[Ticket]):
    """What a registration or a step answers: no personal data, so that it may be kept for repeated requests."""

    status = serializers.ChoiceField(choices=Status.choices)
    company = NamedCompany(allow_null=True)
    category = NamedCategory()
    callback = PromiseAnswer()
    deadlines = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ("number", "status", "registered_at", "company", "category", "callback", "deadlines")

    @extend_schema_field(DeadlineAnswer(many=True))
    def get_deadlines(self, ticket: Ticket) -> Any:
        clocks = Deadline.objects.filter(ticket_deadline__ticket=ticket).order_by("id")
        # The centre's own turns are no business of an organisation's program.
        if not self.context["request"].user.is_of_centre:
            clocks = clocks.filter(clock__in=COMPANY_CLOCKS)
        return DeadlineAnswer(clocks, many=True).data


class ForReader(serializers.Serializer[Any]):
    """Leaves the citizen's data out where the reader is not of the centre, numbers within typed words as well."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        # For organisations they are not even read. Who only asks for the description gets all.
        if getattr(getattr(self.context.get("request"), "user", None), "is_of_company", False):
            for name in PERSONAL:
                fields.pop(name, None)
        return fields

    def to_representation(self, instance: Any) -> Any:
        said = super().to_representation(instance)
        if self.context["request"].user.is_of_centre:
            return said
        return {name: _without_phones(value) if name in TYPED else value for name, value in said.items()}


def _without_phones(value: Any) -> Any:
    return {name: hide_phones(text) for name, text in value.items()} if isinstance(value, dict) else hide_phones(value)


class TicketRow(ForReader, serializers.ModelSerializer[Ticket]):
    status = serializers.ChoiceField(choices=Status.choices)
    company = NamedCompany(allow_null=True)
    category = NamedCategory()
    address = AddressAnswer(source="*")
    callback = PromiseAnswer()
    phone = serializers.CharField(source="contact.phone", required=False, allow_blank=True)
    extension = serializers.CharField(source="contact.extension", required=False, allow_blank=True)
    caller_name = serializers.CharField(source="contact.caller_name", required=False, allow_blank=True)

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = (
            "number", "status", "registered_at", "is_emergency", "company", "category", "address", "text",
            "planned_at", "postponed_until", "done_at", "closed_at", "returns", "callback", *PERSONAL,
        )  # fmt: skip


class EventAnswer(ForReader, serializers.ModelSerializer[TicketEvent]):
    """A line of the history."""

    actor = serializers.CharField(source="actor.__str__")
    company = NamedCompany(allow_null=True)
    from_status = serializers.ChoiceField(choices=Status.choices, allow_blank=True)
    to_status = serializers.ChoiceField(choices=Status.choices)
    details = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = TicketEvent
        fields = ("step", "actor", "company", "from_status", "to_status", "happened_at", "reason", "note", "details")

    def to_representation(self, instance: TicketEvent) -> Any:
        instance.note = instance.note_for(self.context["request"].user)
        return super().to_representation(instance)


class PhotoAnswer(serializers.ModelSerializer[TicketPhoto]):
    """A photo that is kept; people look at it on the ticket's card."""

    stage = serializers.ChoiceField(choices=TicketPhoto.Stage.choices)

    class Meta:
        model = TicketPhoto
        fields = ("name", "stage", "position", "width", "height", "pressed_at", "received_at")


class AttemptAnswer(serializers.ModelSerializer[CallAttempt]):
    """One call to the citizen (or of his). What was said is for the centre."""

    outcome = serializers.ChoiceField(choices=CallAttempt.Outcome.choices, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True)

    class Meta:
        model = CallAttempt
        fields = ("id", "direction", "started_at", "ended_at", "outcome", "note")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if getattr(getattr(self.context.get("request"), "user", None), "is_of_company", False):
            fields.pop("note")
        return fields


class TicketCard(TicketRow):
    channel = serializers.ChoiceField(source="contact.channel", choices=Contact.Channel.choices)
    called_at = serializers.DateTimeField(source="contact.received_at")
    control_callback = PromiseAnswer(allow_null=True)
    deadlines = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    class Meta(TicketRow.Meta):
        fields = (
            *TicketRow.Meta.fields, "channel", "called_at", "damaged_at", "transferred_at", "accepted_at",
            "term_told_at", "started_at", "localised_at", "works", "act_number", "control_callback", "deadlines",
            "attempts", "history",
        )  # fmt: skip

    @extend_schema_field(DeadlineAnswer(many=True))
    def get_deadlines(self, ticket: Ticket) -> Any:
        return TicketAnswer.get_deadlines(self, ticket)  # type: ignore[arg-type]

    @extend_schema_field(AttemptAnswer(many=True))
    def get_attempts(self, ticket: Ticket) -> Any:
        rows = CallAttempt.objects.filter(obligation__in=promise_ids(ticket)).order_by("id")
        if not self.context["request"].user.is_of_centre:
            rows = rows.only("direction", "started_at", "ended_at", "outcome")
        return AttemptAnswer(rows, many=True, context=self.context).data

    @extend_schema_field(EventAnswer(many=True))
    def get_history(self, ticket: Ticket) -> Any:
        rows = ticket.events.visible_to(self.context["request"].user).select_related("actor", "company")
        return EventAnswer(rows, many=True, context=self.context).data


class ReasonAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()


class StepAnswer(serializers.Serializer[Any]):
    """A step that this caller may take now; ``needs`` is refused when missing, ``asks`` is welcome."""

    step = serializers.CharField()
    title = serializers.CharField()
    target = serializers.ChoiceField(choices=Status.choices, allow_null=True)
    needs = serializers.ListField(child=serializers.CharField())
    asks = serializers.ListField(child=serializers.CharField())
    reasons = ReasonAnswer(many=True)
    warning = serializers.CharField(allow_blank=True)


class CallbackRow(serializers.ModelSerializer[CallbackObligation]):
    """A promise in the queue: whom to ring, what was promised, who holds it."""

    ticket = serializers.SerializerMethodField(help_text="The ticket's number; a missed call has none yet.")
    phone = serializers.CharField(source="number", allow_blank=True)
    caller_name = serializers.CharField(source="contact.caller_name", allow_blank=True)
    note = serializers.CharField(
        source="contact.note", allow_blank=True, help_text="What he managed to say, or wrote, before he was heard."
    )
    claimed_by = serializers.CharField(source="claimed_by.username", allow_null=True)

    class Meta:
        model = CallbackObligation
        fields = (
            "id", "reason", "due_at", "state", "promised_at", "next_attempt_at", "is_danger", "counted_attempts",
            "rounds", "occurrences", "phone", "extension", "caller_name", "note", "ticket", "claimed_by",
            "claimed_until",
        )  # fmt: skip

    def get_ticket(self, promise: CallbackObligation) -> str | None:
        for owner in ("ticket", "controlled_ticket", "ticket_promise"):
            found = getattr(promise, owner, None)
            if found is not None:
                ticket = found.ticket if owner == "ticket_promise" else found
                return str(ticket.number)
        return None


class MissedCallAnswer(serializers.ModelSerializer[CallbackObligation]):
    """What is owed to him now; ``occurrences`` above one: he was owed a call already, and this one joined it."""

    class Meta:
        model = CallbackObligation
        fields = ("id", "reason", "due_at", "state", "occurrences")


class RecordedAttempt(serializers.ModelSerializer[CallAttempt]):
    """A call that was written down, and what became of the promise."""

    outcome = serializers.ChoiceField(choices=CallAttempt.Outcome.choices)
    callback = PromiseAnswer(source="obligation")
    next_attempt_at = serializers.DateTimeField(source="obligation.next_attempt_at", allow_null=True)

    class Meta:
        model = CallAttempt
        fields = ("id", "started_at", "ended_at", "outcome", "callback", "next_attempt_at")
