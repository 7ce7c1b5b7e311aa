"""Writes about organisations that are more than one field."""
