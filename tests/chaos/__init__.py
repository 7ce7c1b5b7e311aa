"""Killing things while promises come due: ``make chaos`` (real processes, a real PostgreSQL, Redis and SMTP server)."""
