"""Outages are read out to whoever rings: organisations' programs may know of them too, not of who announced them."""

from django.db import migrations

from accounts.grants import show_to_portal

OUTAGE = (
    "id", "kind", "category_id", '"where"', "starts_at", "ends_at", "ended_at", "called_off_at", "cause", "text",
    "company_id",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("tickets", "0031_photo_guards")]

    operations = [
        show_to_portal("tickets_outage", columns=OUTAGE, rows="true"),
        show_to_portal("tickets_outage_services", columns=("id", "outage_id", "service_id"), rows="true"),
        show_to_portal("tickets_outagebuilding", columns=("id", "outage_id", "building_id"), rows="true"),
    ]
