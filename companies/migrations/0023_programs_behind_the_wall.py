"""What those who look after an organisation's programs read of them: never what a secret is made of."""

from django.db import migrations

from accounts.grants import show_to_portal

TOKEN = ("id", "user_id", "name", "created_at", "last_used_at", "revoked_at", "issued_by_id", "revoked_by_id")
ENDPOINT = (
    "id", "company_id", "url", "events", "is_active", "created_by_id", "created_at", "failures", "lent_until",
    "rests_until", "last_delivered_at", "disabled_at", "disabled_reason", "notice_due_at",
)  # fmt: skip
# Whose right it is, as WebhookEndpointQuerySet.visible_to() has it.
RIGHT = "EXISTS (SELECT 1 FROM companies_membership m WHERE m.user_id = portal_user() AND m.manages_programs)"
OF_COLLEAGUE = "EXISTS (SELECT 1 FROM companies_membership m WHERE m.user_id = accounts_apitoken.user_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_token_makers"),
        ("companies", "0022_webhook_guards"),
        ("tickets", "0020_second_wall"),
    ]

    operations = [
        show_to_portal("accounts_apitoken", columns=TOKEN, rows=f"{OF_COLLEAGUE} AND {RIGHT}"),
        show_to_portal(
            "companies_webhookendpoint", columns=ENDPOINT, rows=f"company_id = portal_company() AND {RIGHT}"
        ),
        show_to_portal(
            "companies_webhookdelivery",
            rows="EXISTS (SELECT 1 FROM companies_webhookendpoint e WHERE e.id = endpoint_id)",
        ),
    ]
