"""Cover pictures for playlists, drawn by `python -m bot.covers`; nothing of anybody's artwork is in them."""

import zlib
from importlib import resources
from typing import Final

N_COVERS: Final = 6


def cover_for(purpose: str) -> bytes:
    """Return the JPEG for a purpose, always the same one."""
    number = zlib.crc32(purpose.encode()) % N_COVERS
    return resources.files(__name__).joinpath(f"{number}.jpg").read_bytes()
