"""`python -m bot.demo.feedback_run`: does feedback help? Ten scripted rounds over the demo community.

Each listener is shown lists as `/recommend` makes them and answers by their hidden true taste, which
the community was drawn from and no model has seen: 👍 when the track is in it, else 👎. Once the
answers are folded in before the next list, once the same model goes on without them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from bot.app import atlas_folder
from bot.demo.atlas import AtlasTrack, read_tracks
from bot.demo.community import SEED, SampleListener, draw_community
from bot.domain.members import DEFAULT_ADVENTURE
from recsys import Catalogue, Evidence, HybridRecommender, Interactions, Options
from recsys.evaluation import bootstrap, feedback_loop
from recsys.training import fit

ROUNDS = 10
SHOWN = 5
NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""Any instant does: the history is drawn relative to it, so the figures don't depend on the day."""
_DAY_S = 86_400.0
_TIERS = 5

Hits = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FeedbackRun:
    """Hits per listener and round, shape (n_listeners, rounds), with and without updates."""

    names: tuple[str, ...]
    shown: int
    with_updates: Hits
    without: Hits

    @property
    def rounds(self) -> int:
        """How many lists each listener was shown."""
        return int(self.with_updates.shape[1])

    def differences(self, rounds: int) -> npt.NDArray[np.float64]:
        """Return each listener's extra hits after so many rounds."""
        gained: Hits = (self.with_updates - self.without)[:, :rounds].sum(axis=1)
        return gained.astype(np.float64)

    def interval(self, rounds: int) -> tuple[float, float]:
        """Return the paired 95 % bootstrap interval of the mean extra hits after so many rounds."""
        return bootstrap(self.differences(rounds))


def run_feedback(
    *, seed: int = SEED, rounds: int = ROUNDS, shown: int = SHOWN, adventure: float | None = None
) -> FeedbackRun:
    """Draw the community, train on what they have played, and play the rounds twice."""
    tracks = read_tracks(atlas_folder())
    listeners = draw_community(tracks, now=NOW, seed=seed)
    known = [evidence_of(one) for one in listeners]
    model = fit(
        Interactions.from_listeners(known), catalogue_of(tracks), trained_at=NOW.isoformat()
    )
    return FeedbackRun(
        names=tuple(one.name for one in listeners),
        shown=shown,
        with_updates=_play(model, listeners, known, rounds, shown, adventure, update=True),
        without=_play(model, listeners, known, rounds, shown, adventure, update=False),
    )


def _play(
    model: HybridRecommender,
    listeners: Sequence[SampleListener],
    known: Sequence[Evidence],
    rounds: int,
    shown: int,
    adventure: float | None,
    *,
    update: bool,
) -> Hits:
    default = DEFAULT_ADVENTURE / 10 if adventure is None else adventure
    return feedback_loop(
        model,
        known,
        [np.array(sorted(one.hidden), np.int64) for one in listeners],
        rounds=rounds,
        n=shown,
        update=update,
        options=Options(adventure=default),
    ).hits


def evidence_of(listener: SampleListener) -> Evidence:
    """Return what a listener has played as the recommender reads it."""
    return Evidence.of(
        [play.track for play in listener.plays],
        value=[play.plays for play in listener.plays],
        age_days=[(NOW - play.last_at).total_seconds() / _DAY_S for play in listener.plays],
    )


def catalogue_of(tracks: Sequence[AtlasTrack]) -> Catalogue:
    """Return the atlas as the recommender's catalogue; a track's id is its place."""
    artists = {track.artist.name: track.artist for track in tracks}
    place = {name: i for i, name in enumerate(artists)}
    tag_names = sorted({tag for artist in artists.values() for tag in artist.tags})
    tag_place = {tag: i for i, tag in enumerate(tag_names)}
    tags = np.zeros((len(artists), len(tag_names)), np.float32)
    for name, artist in artists.items():
        tags[place[name], [tag_place[tag] for tag in artist.tags]] = 1
    countries = sorted({artist.country for artist in artists.values() if artist.country})
    country_place = {country: i for i, country in enumerate(countries)}
    return Catalogue.build(
        np.arange(len(tracks)),
        np.arange(len(artists)),
        [place[track.artist.name] for track in tracks],
        tags=tags,
        tag_names=tuple(tag_names),
        year=[np.nan if track.year is None else track.year for track in tracks],
        country=[country_place.get(artist.country, -1) for artist in artists.values()],
        country_names=tuple(countries),
        popularity=[(_TIERS - artist.tier) / (_TIERS - 1) for artist in artists.values()],
    )


def report(run: FeedbackRun) -> str:
    """Return the figures of every round as a table."""
    with_updates = run.with_updates.mean(axis=0).cumsum()
    without = run.without.mean(axis=0).cumsum()
    lines = [
        f"{len(run.names)} listeners, {run.rounds} rounds of {run.shown} tracks; mean hits per listener.",
        "",
        "       this round        so far            extra hits so far",
        "round  with   without    with   without    mean   95 % interval",
    ]
    for turn in range(run.rounds):
        low, high = run.interval(turn + 1)
        lines.append(
            f"{turn + 1:5}  {run.with_updates[:, turn].mean():4.2f}   {run.without[:, turn].mean():7.2f}"
            f"   {with_updates[turn]:5.2f}   {without[turn]:7.2f}"
            f"   {run.differences(turn + 1).mean():+5.2f}   {low:+.2f} to {high:+.2f}"
        )
    low, _ = run.interval(run.rounds)
    verdict = "helps: the interval lies above 0" if low > 0 else "is not shown to help"
    lines += ["", f"After {run.rounds} rounds feedback {verdict}."]
    return "\n".join(lines)


def as_json(run: FeedbackRun) -> str:
    """Return the same figures, and those of every listener, for programs."""
    rounds = range(1, run.rounds + 1)
    return json.dumps(
        {
            "listeners": list(run.names),
            "shown": run.shown,
            "with_updates": run.with_updates.tolist(),
            "without": run.without.tolist(),
            "extra_hits": [float(run.differences(n).mean()) for n in rounds],
            "interval": [list(run.interval(n)) for n in rounds],
        },
        indent=1,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the run; exit code 1 where feedback is not shown to help."""
    parser = argparse.ArgumentParser(prog="python -m bot.demo.feedback_run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seed", type=int, default=SEED, help="draw another community")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--shown", type=int, default=SHOWN, help="tracks per list")
    options = parser.parse_args(arguments)
    run = run_feedback(seed=options.seed, rounds=options.rounds, shown=options.shown)
    print(as_json(run) if options.json else report(run))
    return 0 if run.interval(run.rounds)[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
