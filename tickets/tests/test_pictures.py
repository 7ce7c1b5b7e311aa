"""What a telephone sends becomes a photo of ours, or is refused with a sentence."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from tickets.services.pictures import (
    LONGEST_SIDE,
    MOST_BYTES,
    SMALL_SIDE,
    PhotoDamaged,
    PhotoRefused,
    PhotoTooHeavy,
    PhotoTooLarge,
    Picture,
    kind_of,
    read_picture,
)
from tickets.tests.shots import (
    CAMERA,
    KINDS,
    exif_of_a_telephone,
    png_that_claims,
    shot,
    webp_that_claims,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


def read(content: bytes) -> Picture:
    return read_picture(io.BytesIO(content))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_telephones_make_becomes_a_jpeg(kind: str) -> None:
    content = shot(kind)
    assert kind_of(content) == kind

    picture = read(content)

    assert (picture.width, picture.height) == (64, 48)
    for written in (picture.full, picture.small):
        assert opened(written).size == (64, 48)
        left, right = opened(written).getpixel((8, 24)), opened(written).getpixel((56, 24))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > 180 > 80 > left[2]
        assert right[2] > 180 > 80 > right[0]


@pytest.mark.parametrize("kind", KINDS)
def test_where_and_by_what_it_was_taken_is_not_kept(kind: str) -> None:
    content = shot(kind, exif=exif_of_a_telephone())
    assert CAMERA.encode() in content

    picture = read(content)

    for written in (picture.full, picture.small):
        assert not opened(written).getexif()
        assert "exif" not in opened(written).info
        for secret in (CAMERA.encode(), b"Exif", b"GPS"):
            assert secret not in written


def test_a_comment_and_a_profile_are_not_kept() -> None:
    content = shot("JPEG", comment=b"flat 15, key under the mat", icc_profile=b"profile of a telephone")

    assert not {b"flat 15", b"profile"} & {part for part in (b"flat 15", b"profile") if part in read(content).full}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_telephone_held_upright_gives_an_upright_photo(kind: str) -> None:
    # 6: turned a quarter clockwise, so that the left half of the file is the upper half of the view.
    picture = read(shot(kind, exif=exif_of_a_telephone(orientation=6)))

    assert (picture.width, picture.height) == (48, 64)
    upper, lower = opened(picture.full).getpixel((24, 8)), opened(picture.full).getpixel((24, 56))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[0] > upper[2]
    assert lower[2] > lower[0]


def test_a_large_photo_is_made_smaller() -> None:
    picture = read(shot("JPEG", size=(4000, 3000)))

    assert (picture.width, picture.height) == (LONGEST_SIDE, 1920)
    assert opened(picture.full).size == (LONGEST_SIDE, 1920)
    assert max(opened(picture.small).size) == SMALL_SIDE


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"), ("JPEG", "CMYK"),
                       ("JPEG", "L"), ("WEBP", "RGBA")]
)  # fmt: skip
def test_every_colour_model_is_read(kind: str, mode: str) -> None:
    content = shot(kind, mode="L" if mode == "I;16" else mode)
    if mode == "I;16":
        body = io.BytesIO()
        Image.new("I;16", (64, 48), 40_000).save(body, "PNG")
        content = body.getvalue()

    assert opened(read(content).full).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    body = io.BytesIO()
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(body, "PNG")

    assert opened(read(body.getvalue()).full).getpixel((16, 16)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xd8", SVG, HTML, b"GIF89a" + b"\0" * 64, b"BM" + b"\0" * 64, b"II*\0" + b"\0" * 64,
        b"%PDF-1.7\n", b"MZ" + b"\0" * 64, b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x18ftypmp42" + b"\0" * 32,
        b"\0\0\0\x18ftypavif" + b"\0" * 32, "фото".encode() * 40, b"\0" * 4096,
    ],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoRefused) as refusal:
        read(content)

    assert str(refusal.value.message) == "Это не фото: нужен снимок HEIC, JPEG, PNG или WebP."


@pytest.mark.parametrize(
    "magic", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x18ftypheic"]
)
@pytest.mark.parametrize("body", [SVG, HTML, b"\0" * 512, b""])
def test_the_first_bytes_alone_make_no_photo(magic: bytes, body: bytes) -> None:
    with pytest.raises(PhotoDamaged):
        read(magic + body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_refused(kind: str) -> None:
    content = shot(kind, size=(640, 480))
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PhotoDamaged) as refusal:
            read(content[: int(len(content) * share)])
        assert "повреждён" in str(refusal.value.message)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [HTML, b"PK\x03\x04" + b"\0" * 64, b"<?php system($_GET[0]); ?>"])
def test_what_hides_behind_a_picture_does_not_travel_on(kind: str, tail: bytes) -> None:
    picture = read(shot(kind) + tail)

    assert tail not in picture.full
    assert tail not in picture.small


def test_what_hides_inside_a_picture_does_not_travel_on() -> None:
    picture = read(shot("JPEG", comment=HTML))

    assert HTML not in picture.full


@pytest.mark.parametrize("make", [png_that_claims, webp_that_claims])
def test_forty_million_points_are_the_limit(make: Callable[[int, int], bytes]) -> None:
    with pytest.raises(PhotoTooLarge):
        read(make(8000, 5001))
    # Within the limit it is only read, and these files hold nothing to read.
    with pytest.raises(PhotoDamaged):
        read(make(8000, 5000))


@pytest.mark.parametrize("make", [png_that_claims, webp_that_claims])
def test_a_bomb_is_refused_before_it_is_unpacked(make: Callable[[int, int], bytes]) -> None:
    with pytest.raises(PhotoTooLarge) as refusal:
        read(make(16_000, 16_000))

    assert "40 миллионов" in str(refusal.value.message)


def test_a_real_photo_of_forty_one_million_points_is_refused() -> None:
    body = io.BytesIO()
    Image.new("L", (8200, 5000)).save(body, "JPEG")

    with pytest.raises(PhotoTooLarge):
        read(body.getvalue())


def test_eleven_megabytes_are_refused() -> None:
    with pytest.raises(PhotoTooHeavy) as refusal:
        read(shot("JPEG") + b"\0" * (11 * 1024 * 1024))

    assert "10 МБ" in str(refusal.value.message)


def test_ten_megabytes_are_taken() -> None:
    content = shot("JPEG")

    assert read(content + b"\0" * (MOST_BYTES - len(content))).width == 64
