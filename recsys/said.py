"""What a vote says of the very artist it was given to."""

from typing import Any

import numpy as np

from recsys.profile import Profile
from recsys.types import Doubles, Floats

SAID = "said"


def said_values(profile: Profile, strength: float) -> Floats | None:
    """Log-odds by artist, ``strength * log2(1 + |net votes|)`` signed; None without any vote.

    Returns
    -------
    ndarray of shape (n_artists,), float32
    """
    net = profile.said
    if not net.nnz:
        return None
    values = np.zeros(net.shape[1], np.float32)
    values[net.indices] = strength * _diminished(net.data)
    return values


def said_shares(profile: Profile, strength: float, artist: int) -> Doubles:
    """Share one artist's value out over the rows of the evidence, shape (n_rows,), float64."""
    links = profile.signals.said
    mine = np.where(links.target == artist, links.weight, 0.0)
    net = float(profile.said.data[profile.said.indices == artist].sum())
    shares: Doubles = strength * (float(_diminished(net)) / net if net else 0.0) * mine
    return shares


def _diminished(net: Any) -> Any:
    """Let the second vote on an artist say less than the first."""
    return np.copysign(np.log2(1 + np.abs(net)), net)
