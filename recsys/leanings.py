"""Which tags a listener leans to, read from the profile alone."""

import numpy as np

from recsys.catalogue import Catalogue
from recsys.profile import Profile


def tag_leanings(catalogue: Catalogue, profile: Profile, *, n: int) -> list[tuple[str, float]]:
    """Tags by how far the listener's artists lean to or away from them.

    Each artist spreads its signed confidence over its tags; a tag's leaning is that sum times its
    inverse document frequency, over the largest magnitude, so that a tag everybody has says little.

    Parameters
    ----------
    n : int
        Most tags per direction.

    Returns
    -------
    list of (str, float)
        Tag and leaning in -1..1, dimensionless: liked ones first, then disliked ones, each by
        magnitude.
    """
    tags = catalogue.tags
    held = np.asarray(tags.sum(axis=1)).reshape(-1)
    rows = profile.artists.indices
    weight = profile.artists.data.astype(np.float64) / np.maximum(held[rows], 1e-9)
    mass = np.asarray(weight @ tags[rows]).reshape(-1) if len(rows) else np.zeros(tags.shape[1])
    holders = np.bincount(tags.indices, minlength=tags.shape[1])
    leaning = mass * (np.log((1 + tags.shape[0]) / (1 + holders)) + 1)
    largest = np.abs(leaning).max(initial=0.0)
    if largest == 0:
        return []
    leaning /= largest
    order = np.argsort(-np.abs(leaning), kind="stable")
    liked = [int(t) for t in order if leaning[t] > 0][:n]
    disliked = [int(t) for t in order if leaning[t] < 0][:n]
    return [(catalogue.tag_names[t], float(leaning[t])) for t in (*liked, *disliked)]
