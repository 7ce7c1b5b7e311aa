"""Pages and the API, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from .configuration import in_one_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_center.settings")

with in_one_sentence():
    application = get_wsgi_application()

    from .durability import check_at_start

    check_at_start()
