"""Ids that only the demo's stand-ins give out: at the real services they name nothing, or the wrong track."""

from typing import Final, TypeGuard

AT_SPOTIFY: Final = "StandIn"
"""How their ids at Spotify begin."""
AT_DEEZER: Final = 10**14
"""Their ids at Deezer are larger; its own have ten digits."""


def is_real(id_: str | None) -> TypeGuard[str]:
    """Return whether there is an id and a real service may know it."""
    if not id_ or id_.startswith(AT_SPOTIFY):
        return False
    return not (id_.isdigit() and int(id_) > AT_DEEZER)
