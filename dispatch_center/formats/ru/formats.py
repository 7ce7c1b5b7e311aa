"""Dates as operators read them aloud."""

DATETIME_FORMAT = "d.m.Y H:i"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
DATE_FORMAT = "d.m.Y"
TIME_FORMAT = "H:i"
