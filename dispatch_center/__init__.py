"""Composition: settings, URLs and entry points. No rules and no models live here."""

from .celery import app as celery_app

__all__ = ["celery_app"]
