"""Counting, and keeping what was counted."""
