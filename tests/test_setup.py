"""The script that installs the requirements, with a pip that only says what the real one would."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dispatch_center.local.plan import CHECKOUT


def set_up(folder: Path, *, pip_says: str, pip_ends: int = 0) -> subprocess.CompletedProcess[str]:
    script, python = folder / ".ci" / "setup", folder / ".venv" / "bin" / "python"
    for file in (script, python):
        file.parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / ".ci" / "setup", script)
    python.write_text(
        f'#!/bin/sh\n[ "$3" = --version ] || {{ echo "{pip_says}"; exit {pip_ends}; }}\n', encoding="utf-8"
    )
    python.chmod(0o755)
    return subprocess.run([script, "requirements.txt"], check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("pip_says", "pip_ends", "told"),
    [
        ("Requirement already satisfied: Django", 0, []),
        ("Successfully installed Django-5.2", 0, ["Successfully installed"]),
        ("ERROR: No matching distribution", 1, []),
    ],
)
def test_it_fails_when_pip_does_and_only_then(tmp_path: Path, pip_says: str, pip_ends: int, told: list[str]) -> None:
    run = set_up(tmp_path, pip_says=pip_says, pip_ends=pip_ends)
    assert (run.returncode, [line.strip() for line in run.stdout.splitlines()[1:]]) == (pip_ends, told)
