"""Draws the covers: rings around a needle's point, one hue each. Needs Pillow, of the group `demo`."""

import colorsys
import math
from pathlib import Path

from PIL import Image, ImageDraw

from bot.covers import N_COVERS

SIDE = 640
FINE = 2
"""Drawn so many times larger, then made smaller: smooth edges."""
RINGS = 13


def main() -> None:
    """Write every cover beside this file."""
    for number in range(N_COVERS):
        path = Path(__file__).with_name(f"{number}.jpg")
        _draw(number / N_COVERS).save(path, quality=82, optimize=True)


def _draw(hue: float) -> Image.Image:
    side = SIDE * FINE
    picture = Image.new("RGB", (side, side), _colour(hue, 0.55, 0.16))
    pen = ImageDraw.Draw(picture)
    middle_x = side * (0.5 + 0.18 * math.cos(2 * math.pi * hue))
    middle_y = side * (0.5 + 0.18 * math.sin(2 * math.pi * hue))
    for ring in range(RINGS, 0, -1):
        radius = side * 0.075 * ring
        box = (middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius)
        share = ring / RINGS
        fill = _colour(hue + 0.12 * share, 0.35 + 0.4 * share, 0.95 - 0.75 * share)
        pen.ellipse(box, fill=fill)
    point = side * 0.016
    pen.ellipse(
        (middle_x - point, middle_y - point, middle_x + point, middle_y + point),
        fill=_colour(hue + 0.5, 0.8, 0.9),
    )
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


if __name__ == "__main__":
    main()
