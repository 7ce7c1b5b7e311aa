"""Every write about organisations that is more than one field."""
