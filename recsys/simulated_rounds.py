"""What a vote should weigh: learned by playing rounds with listeners set aside, never with members."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.errors import DataError
from recsys.evaluation import feedback_loop
from recsys.evidence import Evidence, Interactions, Level
from recsys.hybrid import HybridRecommender
from recsys.interactions import Weighing
from recsys.training import fit
from recsys.types import Doubles, Ints

ROUNDS, SHOWN, SEEDS = 10, 10, 5
LEAST_ITEMS = 15
GRID: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("dislike", (-0.8, -0.5, -0.3, -0.2, -0.1, 0.0)),
    ("like", (0.5, 0.7, 1.0, 1.5, 2.5)),
)
"""What is tried, one weight after the other."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """A model that never saw these listeners; of each a few items are known, the rest is hidden."""

    model: HybridRecommender
    seeds: list[Ints]
    hidden: list[Ints]


@dataclass(frozen=True)
class VoteTrial:
    """One weight that was tried: mean hits, and the paired gain over the weight it had to beat."""

    setting: str
    value: float
    hits: float
    gain: float
    error: float
    seconds: float


def set_aside(rows: Interactions, *, members: int, groups: int, seed: int = 0) -> list[Ints]:
    """Draw groups of listeners to simulate with, by their codes; nobody stands in two.

    Only listeners of 15 items or more are drawn, and into one group at most a quarter of them (of
    fewer than four, one): the others teach. Where they are fewer than the groups asked for, there are
    as many groups as they.

    Raises
    ------
    DataError
        When nobody has that many items.
    """
    pairs = np.unique(np.stack([rows.user, rows.id]), axis=1)
    able = np.flatnonzero(np.bincount(pairs[0], minlength=rows.n_users) >= LEAST_ITEMS)
    if not len(able):
        raise DataError(f"nobody has {LEAST_ITEMS} items or more")
    groups = min(groups, len(able))
    size = max(1, min(members, len(able) // max(4, groups)))
    drawn = np.random.default_rng(seed).permutation(able)
    return [drawn[at : at + size] for at in range(0, groups * size, size)]


def simulate(
    rows: Interactions,
    catalogue: Catalogue,
    chosen: Ints,
    *,
    seed: int,
    config: Config | None = None,
) -> Simulation:
    """Fit on all but the chosen listeners, and keep five items of each of these.

    Parameters
    ----------
    rows : Interactions
        Plays of items.
    catalogue : Catalogue
        Every item is its own artist.
    chosen : ndarray of int64
        Codes of who is set aside (``set_aside``).
    seed : int
        Of which items are kept.
    config : Config, optional
    """
    if not catalogue.is_flat or not (rows.level == Level.ITEM).all():
        raise DataError("rounds are simulated on plays of items that stand for themselves")
    rng = np.random.default_rng(seed)
    loved = [rng.permutation(np.unique(rows.id[rows.user == one])) for one in chosen]
    rest = rows.where(~np.isin(rows.user, chosen))
    model = fit(rest, catalogue, config or Config(random_state=seed))
    return Simulation(model, [one[:SEEDS] for one in loved], [one[SEEDS:] for one in loved])


def played(simulation: Simulation, weighing: Weighing) -> Doubles:
    """Hits of each listener in ten rounds of exact lists of ten, shape (n_listeners,)."""
    model = dataclasses.replace(simulation.model, weighing=weighing)
    seeds = [Evidence.of(known) for known in simulation.seeds]
    rounds = feedback_loop(model, seeds, simulation.hidden, rounds=ROUNDS, n=SHOWN)
    hits: Doubles = rounds.hits.sum(axis=1).astype(np.float64)
    return hits


def learn_votes(
    simulations: Sequence[Simulation],
    start: Weighing | None = None,
    *,
    told: Callable[[VoteTrial], None] = lambda _: None,
) -> Weighing:
    """Choose each weight of ``GRID`` in turn: by hits, where ahead by more than one standard error.

    Parameters
    ----------
    simulations : sequence of Simulation
        Several; that nobody stands in two (``set_aside``) is what the standard error counts on.
    start : Weighing, optional
        What has to be beaten.
    told : callable
        Is given each trial as it ends.
    """
    weighing = start or Weighing()

    def hits(of: Weighing) -> Doubles:
        return np.concatenate([played(one, of) for one in simulations])

    base = hits(weighing)
    for name, values in GRID:
        best, most, reached = weighing, 0.0, base
        for value in values:
            started = time.perf_counter()
            changed: dict[str, Any] = {name: value}
            tried = dataclasses.replace(weighing, **changed)
            of = base if tried == weighing else hits(tried)
            gain = of - base
            error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
            seconds = time.perf_counter() - started
            told(VoteTrial(name, value, float(of.mean()), float(gain.mean()), error, seconds))
            if float(gain.mean()) > max(most, error):
                best, most, reached = tried, float(gain.mean()), of
        weighing, base = best, reached
    return weighing
