"""What was told to a webhook is not rewritten: a replay sends the very same. Companies know whether they have any."""

from django.db import migrations

GUARDS = """
CREATE TRIGGER webhook_delivery_is_fixed BEFORE UPDATE ON companies_webhookdelivery FOR EACH ROW
    WHEN ((OLD.key, OLD.endpoint_id, OLD.event, OLD.about, OLD.payload, OLD.created_at) IS DISTINCT FROM
          (NEW.key, NEW.endpoint_id, NEW.event, NEW.about, NEW.payload, NEW.created_at))
    EXECUTE FUNCTION refuse('webhook_delivery_is_fixed');
CREATE TRIGGER webhook_company_is_fixed BEFORE UPDATE OF company_id ON companies_webhookendpoint FOR EACH ROW
    WHEN (OLD.company_id IS DISTINCT FROM NEW.company_id)
    EXECUTE FUNCTION refuse('webhook_company_is_fixed');
CREATE FUNCTION note_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE companies_company SET has_webhooks = NOT has_webhooks
     WHERE id = COALESCE(NEW.company_id, OLD.company_id)
       AND has_webhooks <> EXISTS (SELECT FROM companies_webhookendpoint WHERE company_id = companies_company.id);
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_are_noted AFTER INSERT OR DELETE ON companies_webhookendpoint
    FOR EACH ROW EXECUTE FUNCTION note_webhooks();
"""
GUARDS_BACK = """
DROP TRIGGER webhooks_are_noted ON companies_webhookendpoint;
DROP FUNCTION note_webhooks;
DROP TRIGGER webhook_delivery_is_fixed ON companies_webhookdelivery;
DROP TRIGGER webhook_company_is_fixed ON companies_webhookendpoint;
"""


class Migration(migrations.Migration):
    dependencies = [("companies", "0021_webhooks"), ("accounts", "0002_application_role")]

    operations = [migrations.RunSQL(GUARDS, GUARDS_BACK)]
