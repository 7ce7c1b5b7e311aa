#!/usr/bin/env python
"""Command line of the dispatch centre."""

import os
import sys

# These build or change the schema, so they connect as the owner of the tables;
# everything else connects as the application's role, which may not rewrite history.
OWNER_COMMANDS = {"migrate", "sqlmigrate", "makemigrations", "flush", "sqlflush", "dbshell"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_center.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")

    from dispatch_center.configuration import in_one_sentence

    with in_one_sentence():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
