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
from recsys.evidence import Evidence, Interactions, Kind, Level
from recsys.hybrid import HybridRecommender
from recsys.interactions import Weighing
from recsys.training import fit
from recsys.types import Doubles, Ints

ROUNDS, SHOWN, SEEDS = 10, 10, 5
LEAST_ITEMS = 15
GRID: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("dislike", (-0.8, -0.5, -0.3, -0.2, -0.1, 0.0)),
    ("like", (1.5, 2.5, 3.5)),
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


def simulate(
    rows: Interactions,
    catalogue: Catalogue,
    *,
    members: int,
    seed: int,
    config: Config | None = None,
) -> Simulation:
    """Set listeners aside, fit on the others, and keep five items of each who was set aside."""
    if not catalogue.is_flat or not (rows.level == Level.ITEM).all():
        raise DataError("rounds are simulated on plays of items that stand for themselves")
    rng = np.random.default_rng(seed)
    able = np.flatnonzero(np.bincount(rows.user, minlength=rows.n_users) >= LEAST_ITEMS)
    if not len(able):
        raise DataError(f"nobody has {LEAST_ITEMS} items or more")
    chosen = rng.choice(able, min(members, max(1, len(able) // 4)), replace=False)
    loved = [rng.permutation(rows.id[rows.user == one]) for one in chosen]
    rest = rows.where(~np.isin(rows.user, chosen))
    model = fit(rest, catalogue, config or Config(random_state=seed))
    return Simulation(model, [one[:SEEDS] for one in loved], [one[SEEDS:] for one in loved])


def played(simulation: Simulation, weighing: Weighing) -> Doubles:
    """Hits of each listener after ten rounds of exact lists of ten, all folded in together.

    What is hidden is liked, all else disliked, and every answer counts from the next round on.
    """
    model = dataclasses.replace(simulation.model, weighing=weighing)
    items = model.catalogue.items
    n = len(simulation.seeds)
    hidden, open_ = (np.full((n, len(items)), fill) for fill in (False, True))
    for user, (known, wanted) in enumerate(zip(simulation.seeds, simulation.hidden, strict=True)):
        open_[user, items.index_of(known)] = False
        hidden[user, items.index_of(wanted)] = True
    rows = Interactions.from_listeners([Evidence.of(known) for known in simulation.seeds])
    found, at = np.zeros(n), np.arange(n)[:, None]
    for _ in range(ROUNDS):
        signals = model.signals(rows)
        total = model.score_matrix(
            signals.artists.matrix(n, model.catalogue.n_artists),
            signals.items.matrix(n, len(items)),
            signals.nearby.matrix(n, model.catalogue.n_artists),
        )
        total[~open_] = -np.inf
        top = np.argpartition(-total, SHOWN, axis=1)[:, :SHOWN]
        liked = hidden[at, top]
        found += liked.sum(axis=1)
        open_[at, top] = False
        answers = Evidence.of(
            items.ids[top].ravel(), kind=np.where(liked.ravel(), Kind.LIKE, Kind.DISLIKE)
        )
        rows = Interactions.of(
            np.concatenate([rows.user, np.repeat(np.arange(n), SHOWN)]),
            Evidence.concat(rows.evidence, answers),
            n_users=n,
        )
    return found


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
        Several, with other listeners set aside in each.
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
