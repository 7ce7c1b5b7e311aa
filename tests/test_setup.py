""".ci/setup, which every ``make`` begins with, over a stand-in for the environment's Python."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dispatch_center.local.plan import CHECKOUT


@pytest.mark.parametrize(("said", "code"), [
    ("Collecting django==5.2.19", 0), ("Requirement already satisfied: django", 0), ("ERROR: no such package", 1),
])  # fmt: skip
def test_the_environment_is_ready_unless_pip_refuses(tmp_path: Path, said: str, code: int) -> None:
    for folder in (".ci", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(CHECKOUT / ".ci/setup", tmp_path / ".ci/setup")
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *install*) echo "{said}"; exit {code};; esac\n', encoding="utf-8")
    python.chmod(0o755)

    made = subprocess.run([tmp_path / ".ci/setup", "requirements.txt"], capture_output=True, text=True, check=False)

    assert made.returncode == code, made.stderr
