"""One log for all processes: JSON lines on servers, readable lines in the demonstration."""

import logging

import structlog
from structlog.typing import Processor


class WithoutHealthChecks(logging.Filter):
    """Lets everything through but the answers to those who ask every few seconds whether we are well."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = f"{record.msg} {record.args}"
        return "/healthz" not in said and "/livez" not in said


def logging_settings(*, level: str, plain: bool) -> dict[str, object]:
    """Django's LOGGING: everything through structlog, request ids included, personal data never."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    # Never the local variables of a traceback: they hold names and telephone numbers.
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
        if plain
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
                "foreign_pre_chain": shared,
            },
        },
        "filters": {"no_health_checks": {"()": WithoutHealthChecks}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_health_checks"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            # A closed tab cancels its stream: that is not worth a line.
            "django_structlog": {"level": "ERROR"},
            # The sweep of every two seconds would drown everything else.
            "celery": {"level": level if level == "DEBUG" else "WARNING"},
            "axes": {"level": "WARNING"},
            # It names the gateway's address, and that may hold a key.
            "urllib3": {"level": "WARNING"},
        },
    }
