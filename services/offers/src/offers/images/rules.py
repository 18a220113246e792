"""Image rules: formats, sizes, the part of an image that is shown."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ApiError, code_error

# MPO, what some cameras write, is read as JPEG.
FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 10_000_000
PORTRAIT = (2, 3)
RATIO_TOLERANCE = 0.04
THUMB_WIDTH = 750
JPEG_QUALITY = 90


def image_error(message: str) -> ApiError:
    """400 in the shape of every refusal of an image."""
    return ApiError(400, {"errors": [message]})


@dataclass(frozen=True)
class Crop:
    """The part of an image to keep, in fractions of its width and height."""

    x: float
    y: float
    height: float
    width: float


def checked_crop(x: float | None, y: float | None, height: float | None, width: float | None) -> Crop | None:
    """The crop that was asked for; None when none was. 400 `errors` unless it lies inside the image."""
    given = (x, y, height, width)
    if all(value is None for value in given):
        return None
    if any(value is None for value in given):
        raise image_error("Le cadrage de l’image est incomplet.")
    crop = Crop(x or 0.0, y or 0.0, height or 0.0, width or 0.0)
    inside = 0 <= crop.x < 1 and 0 <= crop.y < 1 and 0 < crop.height <= 1 and 0 < crop.width <= 1
    # The page computes in floating point: what sticks out by less than a thousandth does not count.
    if not inside or crop.x + crop.width > 1.001 or crop.y + crop.height > 1.001:
        raise image_error("Le cadrage de l’image n’est pas valide.")
    return crop


def crop_box(size: tuple[int, int], crop: Crop) -> tuple[int, int, int, int]:
    """The crop in pixels (left, upper, right, lower), never empty and never outside."""
    width, height = size
    left, upper = int(crop.x * width), int(crop.y * height)
    right = min(width, max(left + 1, round((crop.x + crop.width) * width)))
    lower = min(height, max(upper + 1, round((crop.y + crop.height) * height)))
    return left, upper, right, lower


def check_ratio(size: tuple[int, int], ratio: tuple[int, int] = PORTRAIT) -> None:
    """400 BAD_IMAGE_RATIO when width / height is further than 0.04 from the ratio."""
    found, expected = size[0] / size[1], ratio[0] / ratio[1]
    if abs(found - expected) > RATIO_TOLERANCE:
        raise code_error(
            "BAD_IMAGE_RATIO", extra=f"Le rapport largeur / hauteur est de {found:.2f} au lieu de {expected:.2f}."
        )


def shrunk_size(size: tuple[int, int], ratio: tuple[int, int] = PORTRAIT) -> tuple[int, int]:
    """What a thumbnail measures: its ratio exactly, at most 750 pixels wide."""
    width = min(size[0], THUMB_WIDTH)
    return width, max(1, round(width * ratio[1] / ratio[0]))
