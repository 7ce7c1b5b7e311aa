"""Draw the workflow table for readers: docs/workflow.md is made, never edited."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from accounts.models import Role
from tickets.workflow import STEPS, Status

HEAD = """# The work on a ticket

Made from `tickets/workflow.py` by `manage.py draw_workflow`; a test fails when this page is stale.
Buttons, API steps and refusals come from the same table, and a trigger in the database holds the same moves.
"""


def page() -> str:
    """The whole page: the diagram of moves, then the table of steps."""
    with override("ru"):
        return "\n".join([HEAD, *_diagram(), "", *_table(), ""])


def _diagram() -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{status.label}" as {status.value}' for status in Status]
    lines.append("    [*] --> registered")
    moves: dict[tuple[str, str], list[str]] = {}
    for code, step in STEPS.items():
        for source in (status for status in Status if status in step.sources):
            if step.target is not None:
                moves.setdefault((source.value, step.target.value), []).append(code)
    lines += [f"    {source} --> {target}: {' / '.join(codes)}" for (source, target), codes in moves.items()]
    return [*lines, "```"]


def _table() -> list[str]:
    lines = ["| step | on the button | from | to | who | needs | may add |", "|---|---|---|---|---|---|---|"]
    for code, step in STEPS.items():
        sources = ", ".join(status.value for status in Status if status in step.sources)
        roles = ", ".join(role.value for role in Role if role in step.roles)
        target = step.target.value if step.target else "(stays)"
        lines.append(
            f"| `{code}` | {step.title} | {sources} | {target} | {roles} | {', '.join(step.needs) or '—'}"
            f" | {', '.join(step.asks) or '—'} |"
        )
    return lines


class Command(BaseCommand):
    help = "Write docs/workflow.md from the workflow table; --check only says whether it is fresh."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "workflow.md"
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != page():
                raise CommandError("docs/workflow.md is stale: run manage.py draw_workflow.")
            return
        path.write_text(page(), encoding="utf-8")
        self.stdout.write(f"{path.name} written")
