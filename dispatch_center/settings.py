"""All settings, from the environment. The README lists every variable read here."""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from . import configuration as config
from .configuration import WrongConfiguration

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(config.text(env, "VAR_DIR", str(BASE_DIR / "var"))).resolve()
DEMO = config.flag(env, "DEMO", default=False)
DEBUG = config.flag(env, "DEBUG", default=False)
if DEBUG and not DEMO:
    raise WrongConfiguration("DEBUG shows inner details to strangers; it is allowed only together with DEMO=true.")

SECRET_KEY = config.secret_key(env, demo=DEMO)
ALLOWED_HOSTS = config.hosts(env, demo=DEMO)
PUBLIC_URL = config.text(env, "PUBLIC_URL", "http://localhost:8000" if DEMO else "").rstrip("/")
if not DEMO and not PUBLIC_URL.startswith("https://"):
    raise WrongConfiguration("PUBLIC_URL must be the https:// address of the site, as letters to people will name it.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

# ── The product's own knobs ──────────────────────────────────────────────────────────────────────────────────────
# The promise of the governor's order of 21.10.2013: whoever rings is rung back within ten minutes.
CALLBACK_PROMISE = config.minutes(env, "CALLBACK_PROMISE", default=10, least=0.05, most=60)
# How often the sweep looks for broken promises; ETA tasks only make it more exact.
SWEEP_SECONDS = 2
CENTRE_PHONE = config.text(env, "CENTRE_PHONE", "+74842565602")
AREA_CODE = config.text(env, "AREA_CODE", "4842")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "phonenumber_field",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_prometheus",
    "django_structlog",
    "accounts",
    "companies",
    "callbacks",
    "tickets",
    "reports",
    "dispatch_center",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.presence.PresenceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "dispatch_center.urls"
WSGI_APPLICATION = "dispatch_center.wsgi.application"
ASGI_APPLICATION = "dispatch_center.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.centre",
            ],
        },
    },
]

# ── PostgreSQL, Redis, Celery ────────────────────────────────────────────────────────────────────────────────────
DATABASES = {"default": config.database(env, var=VAR_DIR, role=config.text(env, "DATABASE_ROLE", "app"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = config.redis_url(env, var=VAR_DIR)
CELERY_BROKER_URL = config.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # No ETA lies further away than the ten minutes; rows recover everything else.
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "health_check_interval": 10,
}
# A request never waits for a dead broker: one short try, then the sweep takes over.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = {
    "escalate-overdue": {
        "task": "callbacks.escalate_overdue",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 10},
    },
    "deliver-webhooks": {
        "task": "companies.deliver_webhooks",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 10},
    },
    # Celery counts in UTC: ten past four in the morning here.
    "check-invariants": {"task": "tickets.check_invariants", "schedule": crontab(hour=1, minute=10)},
    "add-up-months": {"task": "reports.add_up_months", "schedule": crontab(minute=17)},
    "refresh-tallies": {"task": "reports.refresh_tallies", "schedule": 60.0, "options": {"expires": 50}},
    "make-files": {"task": "reports.make_files", "schedule": 60.0, "options": {"expires": 50}},
    "send-report-letters": {"task": "reports.send_letters", "schedule": 60.0, "options": {"expires": 50}},
    "forget-files": {"task": "reports.forget_files", "schedule": crontab(hour=1, minute=50)},
    "sweep-photos": {"task": "tickets.sweep_photos", "schedule": crontab(hour=1, minute=40)},
    "forget-deliveries": {"task": "companies.forget_deliveries", "schedule": crontab(hour=1, minute=40)},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# The cache holds only what may vanish; it lives in the process so that Redis being away cannot become an error.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# An operator's shift is twelve hours; nobody stays signed in beyond fourteen.
SESSION_COOKIE_AGE = 14 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
# A hundred operators share one address: failures are counted per name *and* address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1 / 60
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

# ── Security ─────────────────────────────────────────────────────────────────────────────────────────────────────
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
if not DEMO:
    SECURE_SSL_REDIRECT = config.flag(env, "SSL_REDIRECT", default=True)
    # Every container of ours is asked for its health without TLS.
    SECURE_REDIRECT_EXEMPT = [r"^(livez|healthz)$"]
    # Our proxy writes the caller's address anew and never passes on what a stranger put there.
    AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"

# ── Language, time, files, mail ──────────────────────────────────────────────────────────────────────────────────
# One language for the whole centre, whatever somebody's browser asks for.
LANGUAGES = [("ru", _("русский")), ("en", _("английский"))]
LANGUAGE_CODE = config.text(env, "INTERFACE_LANGUAGE", "ru")
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise WrongConfiguration(f"INTERFACE_LANGUAGE must be ru or en, not “{LANGUAGE_CODE}”.")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Moscow"
FORMAT_MODULE_PATH = ["dispatch_center.formats"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Compressing takes half a minute; that is worth it once per release, not for a look around.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"

globals().update(config.mail_server(env))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = config.text(env, "DEFAULT_FROM_EMAIL", "centre@localhost" if DEMO else "")
if not DEFAULT_FROM_EMAIL:
    raise WrongConfiguration("DEFAULT_FROM_EMAIL is not set; give the address that letters of the centre come from.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

globals().update(config.message_gateway(env, demo=DEMO))
# Each channel has its own bell: while one server is silent the other's messages leave.
CELERY_BEAT_SCHEDULE |= {
    f"deliver-{channel}": {
        "task": "callbacks.deliver_outbox",
        "kwargs": {"channel": channel},
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 10},
    }
    for channel in (["email", "hook"] if config.text(env, "NOTIFY_HOOK_URL") else ["email"])
}

PHONENUMBER_DEFAULT_REGION = "RU"
PHONENUMBER_DB_FORMAT = "E164"

# ── API ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# What one token may ask in a minute, or a person without a token; so one careless program cannot slow the desk down.
API_REQUESTS_PER_MINUTE = config.whole_number(env, "API_REQUESTS_PER_MINUTE", default=600, least=1, most=1_000_000)
# Organisations choose where their events go: this machine is a good place for them in a demonstration only.
WEBHOOK_TO_LOOPBACK = config.flag(env, "WEBHOOK_TO_LOOPBACK", default=False)
if WEBHOOK_TO_LOOPBACK and not DEMO:
    raise WrongConfiguration("WEBHOOK_TO_LOOPBACK opens this machine to strangers; it is allowed only with DEMO=true.")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttles.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.problems.problem_handler",
    "DEFAULT_FILTER_BACKENDS": [],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dispatch centre API",
    "VERSION": "1",
    "DESCRIPTION": "Tickets, their steps and the callbacks of a regional housing-utilities dispatch centre.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "TicketStatus": "tickets.workflow.Status",
        "CompanyKind": "companies.models.Company.Kind",
        "CallbackState": "callbacks.models.CallbackObligation.State",
        "CallbackReason": "callbacks.models.CallbackObligation.Reason",
        "AttemptOutcome": "callbacks.models.CallAttempt.Outcome",
        "DeadlineOutcome": "callbacks.models.Deadline.Outcome",
    },
}

# ── Logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
LOG_LEVEL = config.text(env, "LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise WrongConfiguration(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not “{LOG_LEVEL}”.")
from .logs import logging_settings  # noqa: E402  (needs the level above)

LOGGING = logging_settings(level=LOG_LEVEL, plain=DEMO)
SILENCED_SYSTEM_CHECKS: list[str] = []
