"""Turns what a partner sends into the image that people see. CPU-bound: call it in a thread."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from offers.images import rules


def standard_thumb(content: bytes, crop: rules.Crop | None, *, max_pixels: int) -> bytes:
    """A progressive JPEG in portrait: upright, on white, cropped, at most 750 pixels wide.

    400 `errors` for what is too big or no image in an accepted format, 400 BAD_IMAGE_RATIO.
    """
    if len(content) > rules.MAX_BYTES:
        raise rules.image_error("L’image doit faire moins de 10 Mo.")
    try:
        image = _upright(content, max_pixels)
        if crop is not None:
            image = image.crop(rules.crop_box(image.size, crop))
        rules.check_ratio(image.size)
        image = image.resize(rules.shrunk_size(image.size), Image.Resampling.LANCZOS)
        output = io.BytesIO()
        image.save(output, "JPEG", quality=rules.JPEG_QUALITY, progressive=True, optimize=True)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise rules.image_error("Les dimensions de l’image sont trop grandes.") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise rules.image_error("L’image n’est pas lisible ou son format n’est pas accepté (png, jpg, webp).") from None
    return output.getvalue()


def _upright(content: bytes, max_pixels: int) -> Image.Image:
    """The image decoded, turned as its camera held it, without transparency. The surface is checked before decoding."""
    image = Image.open(io.BytesIO(content), formats=rules.FORMATS)
    if image.width * image.height > max_pixels:
        raise rules.image_error("Les dimensions de l’image sont trop grandes.")
    image.load()
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return turned.convert("RGB")
