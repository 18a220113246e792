"""Images: what is accepted, what it becomes, what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from offers.images import rules
from offers.images.processing import standard_thumb
from shared.errors import ApiError

PIXELS = 60_000_000


def picture(size: tuple[int, int] = (400, 600), kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    content = io.BytesIO()
    Image.new(mode, size, options.pop("colour", "red")).save(content, kind, **options)
    return content.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "MPO"])
@pytest.mark.parametrize("size", [(400, 600), (1000, 1500), (100, 150)])
def test_every_format_becomes_a_progressive_portrait(kind: str, size: tuple[int, int]) -> None:
    image = opened(standard_thumb(picture(size, kind), None, max_pixels=PIXELS))
    assert image.format == "JPEG"
    assert image.info.get("progressive") == 1
    width = min(750, size[0])
    assert image.size == (width, round(width * 1.5))


def test_transparency_becomes_white() -> None:
    image = opened(standard_thumb(picture(mode="RGBA", colour=(0, 0, 0, 0)), None, max_pixels=PIXELS))
    assert image.getpixel((200, 300)) == (255, 255, 255)


def test_a_photo_taken_sideways_stands_up() -> None:
    sideways = Image.new("RGB", (600, 400), "blue")
    exif = Image.Exif()
    exif[0x0112] = 6
    content = io.BytesIO()
    sideways.save(content, "JPEG", exif=exif)
    assert opened(standard_thumb(content.getvalue(), None, max_pixels=PIXELS)).size == (400, 600)


def test_the_part_asked_for_is_kept() -> None:
    image = Image.new("RGB", (800, 600), "red")
    image.paste("blue", (400, 0, 800, 600))
    content = io.BytesIO()
    image.save(content, "PNG")
    crop = rules.checked_crop(0.5, 0.0, 1.0, 0.5)
    kept = opened(standard_thumb(content.getvalue(), crop, max_pixels=PIXELS))
    assert kept.size == (400, 600)
    pixel = kept.getpixel((200, 300))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 240
    assert pixel[0] < 15


@pytest.mark.parametrize("size", [(600, 400), (500, 500), (400, 700)])
def test_another_ratio_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ApiError) as refused:
        standard_thumb(picture(size), None, max_pixels=PIXELS)
    assert refused.value.status == 400
    assert refused.value.body["code"] == "BAD_IMAGE_RATIO"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be immense."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n and nothing more",
        picture()[:200],
        picture(kind="GIF"),
        picture(kind="BMP"),
        bomb(8_000, 12_000),
        bomb(60_000, 90_000),
        b"\xff\xd8\xff" + b"\x00" * 10_000_001,
    ],
)
def test_what_is_no_image_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        standard_thumb(content, None, max_pixels=PIXELS)
    assert refused.value.status == 400
    assert list(refused.value.body) == ["errors"]


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    st.floats(0, 0.999),
    st.floats(0, 0.999),
    st.floats(0.0001, 1),
    st.floats(0.0001, 1),
)
def test_a_crop_is_never_empty_nor_outside(
    size: tuple[int, int], x: float, y: float, height: float, width: float
) -> None:
    if x + width > 1.001 or y + height > 1.001:
        with pytest.raises(ApiError):
            rules.checked_crop(x, y, height, width)
        return
    crop = rules.checked_crop(x, y, height, width)
    assert crop is not None
    left, upper, right, lower = rules.crop_box(size, crop)
    assert 0 <= left < right <= size[0]
    assert 0 <= upper < lower <= size[1]


def test_a_crop_is_whole_or_absent() -> None:
    assert rules.checked_crop(None, None, None, None) is None
    with pytest.raises(ApiError):
        rules.checked_crop(0.1, None, 0.5, 0.5)
