"""Where the local stack keeps its things, and the one limit that matters: the length of a socket's path."""

import hashlib
import os
import tempfile
from pathlib import Path

# The kernel holds a socket's path in 108 bytes, the last of which is a zero.
LONGEST_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class CannotStart(Exception):
    """The stack cannot start; the text is the one sentence the person at the keyboard needs."""


def socket_folder(var: Path, server: str) -> Path:
    """The folder for the sockets of ``server``: beside its data, or a short one in /tmp where that path is too long.

    It depends on ``var`` alone, so that every process finds the same folder without being told.
    """
    beside = var / server / "run"
    if len(os.fsencode(beside)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        return beside
    mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"dispatch-{os.getuid()}-{mark}-{server}"


def private_folder(path: Path, *, owner: int | None = None) -> Path:
    """Make ``path`` a folder that only its owner may enter, and refuse one that somebody else has put there."""
    owner = os.geteuid() if owner is None else owner
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {owner, os.geteuid()}:
        raise CannotStart(f"{path} belongs to somebody else; remove it, or choose another folder with VAR_DIR.")
    if path.stat().st_uid != owner:
        os.chown(path, owner, -1)
    path.chmod(0o700)
    return path
