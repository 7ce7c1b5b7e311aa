"""Photos as telephones and forgers make them."""

import io
import struct
import zlib
from typing import Any
from uuid import uuid4

from PIL import Image

from accounts.clock import now
from accounts.models import User
from tickets.models import Ticket, TicketPhoto
from tickets.services import Shot, add_photo, read_picture

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
# Degrees, minutes, seconds of a flat in Kaluga.
LATITUDE, LONGITUDE = (54.0, 30.0, 48.5), (36.0, 15.0, 2.25)
CAMERA = "SecretPhone 12"


def shot(kind: str = "JPEG", *, size: tuple[int, int] = (64, 48), mode: str = "RGB", **given: Any) -> bytes:
    """A picture: its left half red, its right half blue."""
    red, blue = ((220, 20, 20), (20, 20, 220))
    image = Image.new("RGB", size, red)
    image.paste(blue, (size[0] // 2, 0, *size))
    body = io.BytesIO()
    image.convert(mode).save(body, kind, **given)
    return body.getvalue()


def exif_of_a_telephone(*, orientation: int = 1) -> bytes:
    """Who made it, where, and how it was held."""
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE})
    return exif.tobytes()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its few bytes hold."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4096)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def webp_that_claims(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + b"\0" * 16
    return b"RIFF" + struct.pack("<I", len(body)) + body


def kept_shot(ticket: Ticket, by: User, *, stage: str = "before", **given: Any) -> TicketPhoto:
    """A photo that ``by`` has added to ``ticket``."""
    taken = Shot(read_picture(io.BytesIO(shot())), stage=stage, key=uuid4(), **given)
    return add_photo(ticket=ticket, shot=taken, actor=by, at=now())
