"""Music recommendations: arrays in, arrays out. Serving needs numpy and scipy only."""

from recsys.catalogue import Catalogue
from recsys.errors import (
    DataError,
    NotFittedError,
    RecsysError,
    SnapshotError,
    UnknownItemError,
)
from recsys.evidence import Evidence, Interactions, Kind, Level
from recsys.explanations import Explanation, PartExplanation
from recsys.hybrid import HybridRecommender
from recsys.ids import IdMap
from recsys.interactions import Weighing
from recsys.profile import Profile, Scores
from recsys.recommendation import Options, Pick
from recsys.what_if import Change, forget_preview, what_if

__all__ = [
    "Catalogue",
    "Change",
    "DataError",
    "Evidence",
    "Explanation",
    "HybridRecommender",
    "IdMap",
    "Interactions",
    "Kind",
    "Level",
    "NotFittedError",
    "Options",
    "PartExplanation",
    "Pick",
    "Profile",
    "RecsysError",
    "Scores",
    "SnapshotError",
    "UnknownItemError",
    "Weighing",
    "forget_preview",
    "what_if",
]
