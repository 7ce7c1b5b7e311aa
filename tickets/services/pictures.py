"""What a telephone calls a photo, made into one of ours: decoded, turned upright, made smaller, written anew.

Nothing of the sender's file is kept: neither its name, nor the place and the device that it names (EXIF, GPS), nor
what somebody may have hidden behind the picture. What cannot be decoded is no photo.
"""

import io
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pillow_heif
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from accounts.writes import Refused

pillow_heif.register_heif_opener(thumbnails=False)

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2560
SMALL_SIDE = 480
# Forty million pixels are 160 MB while they are decoded: of a process's threads so many may do it at once.
_decoding = threading.BoundedSemaphore(2)

HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


class PhotoRefused(Refused):
    """The file is no photo that we take."""

    message = _("Это не фото: нужен снимок HEIC, JPEG, PNG или WebP.")
    code = "photo_refused"


class PhotoTooHeavy(PhotoRefused):
    message = _("Фото больше 10 МБ. Сделайте снимок поменьше.")
    code = "photo_too_heavy"


class PhotoTooLarge(PhotoRefused):
    message = _("В фото больше 40 миллионов точек. Сделайте снимок поменьше.")
    code = "photo_too_large"


class PhotoDamaged(PhotoRefused):
    message = _("Файл фото повреждён или передан не полностью. Сделайте снимок ещё раз.")
    code = "photo_damaged"


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as we keep it: JPEG bytes, and a small one for lists."""

    full: bytes
    small: bytes
    width: int
    height: int


def read_picture(file: Readable) -> Picture:
    """Raises PhotoRefused. Its first bytes decide what a file is, never its name or what its sender calls it."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PhotoTooHeavy
    kind = kind_of(content)
    if kind is None:
        raise PhotoRefused
    _check_size(_webp_size(content) if kind == "WEBP" else None)
    with _decoding:
        return _decoded(content, kind)


def kind_of(content: bytes) -> str | None:
    """JPEG, PNG, WEBP or HEIF by the first bytes, None for all else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return "HEIF"
    return None


def _decoded(content: bytes, kind: str) -> Picture:
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            # The header alone has been read: a bomb is refused before it is unpacked.
            _check_size(image.size)
            # A JPEG is decoded at the nearest size that is still large enough.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
            upright = _on_white(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise PhotoTooLarge from None
    except PhotoRefused:
        raise
    except Exception as error:  # whatever a decoder makes of a stranger's bytes, it is no photo
        raise PhotoDamaged from error
    small = upright.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return Picture(_jpeg(upright, quality=85), _jpeg(small, quality=75), *upright.size)


def _check_size(size: tuple[int, int] | None) -> None:
    if size is None:
        return
    width, height = size
    if width < 1 or height < 1:
        raise PhotoDamaged
    if width * height > MOST_PIXELS:
        raise PhotoTooLarge


def _on_white(image: Image.Image) -> Image.Image:
    """The picture alone on a new sheet, so that nothing that came with it travels on."""
    sheet = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        sheet.paste(layer, mask=layer.getchannel("A"))
    else:
        sheet.paste(image.convert("RGB"))
    return sheet


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    body = io.BytesIO()
    image.save(body, "JPEG", quality=quality, optimize=True, progressive=True)
    return body.getvalue()


# ── The size of a WebP, which Pillow knows only after it has asked for the memory of the whole canvas ────────────
def _webp_size(content: bytes) -> tuple[int, int]:
    measure = WEBP_CHUNKS.get(content[12:16])
    if measure is None or len(content) < 30:
        raise PhotoDamaged
    return measure(content)


def _extended(content: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")


def _lossy(content: bytes) -> tuple[int, int]:
    if content[23:26] != b"\x9d\x01\x2a":
        raise PhotoDamaged
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _lossless(content: bytes) -> tuple[int, int]:
    if content[20] != 0x2F:
        raise PhotoDamaged
    bits = int.from_bytes(content[21:25], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


WEBP_CHUNKS: dict[bytes, Callable[[bytes], tuple[int, int]]] = {
    b"VP8X": _extended, b"VP8 ": _lossy, b"VP8L": _lossless,
}  # fmt: skip
