"""A sample community, drawn with a fixed seed: who they are, what they played, what they would love.

The drawing knows nothing of the recommender. Each listener gets a *true taste*: the few percent of
all tracks that please them most, by scene, era, country and fame, with a good deal of chance. What
they have played is a biased part of it: famous tracks first, a quiet scene hardly at all, a few
strays that were just on. The rest of the true taste stays hidden and is what the scripted feedback
run votes by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from bot.demo.atlas import AtlasTrack
from bot.demo.personas import PERSONAS, SCENES, Persona

SEED = 20
TASTE_TRACKS = (260, 360)
"""How many of all tracks a listener truly likes, at least and below."""
KNOWN_TRACKS = (60, 140)
"""How many of those they have played, at least and below."""
STRAY_TRACKS = 8
"""Played, without being to their taste."""
PICKS = 5
HISTORY = timedelta(days=2 * 365)
_SCENE_PULL = 3.0
_ERA_PULL = 1.2
_COUNTRY_PULL = 1.5
_FAME_PULL = 0.5
_ARTIST_CHANCE = 0.45
_TRACK_CHANCE = 0.25
_FAME_HEARD = 0.6
"""How much sooner a track is met with each step of its artist's fame."""
_QUIET_SHARE = 0.08
"""Chance that a track of a quiet scene has been played, against that of any other."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Play:
    """All plays of one track by one listener; `last_at` is the newest."""

    track: int
    plays: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SampleListener:
    """One drawn listener; numbers point into the tracks they were drawn from."""

    name: str
    plays: tuple[Play, ...]
    picks: tuple[str, ...]
    """Names of artists picked by hand; empty for most."""
    taste: frozenset[int]
    """Everything they truly like."""

    @property
    def known(self) -> frozenset[int]:
        """Tracks they have played."""
        return frozenset(play.track for play in self.plays)

    @property
    def hidden(self) -> frozenset[int]:
        """What they would love and have never played."""
        return self.taste - self.known


def draw_community(
    tracks: Sequence[AtlasTrack],
    *,
    now: datetime,
    personas: Sequence[Persona] = PERSONAS,
    seed: int = SEED,
) -> tuple[SampleListener, ...]:
    """Draw one listener per persona; the same arguments give the same community."""
    features = _Features(tracks)
    streams = np.random.default_rng(seed).spawn(len(personas))
    return tuple(
        _draw(persona, features, now, rng, picks=place % 3 == 0)
        for place, (persona, rng) in enumerate(zip(personas, streams, strict=True))
    )


def relatives(n: int, *, personas: Sequence[Persona] = PERSONAS, seed: int = SEED) -> list[Persona]:
    """Return `n` further people, each with the scenes and the eras of a persona, reweighed."""
    rng = np.random.default_rng([seed, n])
    return [_relative(personas[k % len(personas)], k, rng) for k in range(n)]


def _relative(persona: Persona, number: int, rng: np.random.Generator) -> Persona:
    scenes = {s: float(np.clip(w * rng.uniform(0.6, 1.2), 0, 1)) for s, w in persona.scenes.items()}
    return replace(
        persona,
        name=f"{persona.name} {number}",
        scenes=scenes,
        fame=float(np.clip(persona.fame + rng.normal(0, 0.2), -1, 1)),
    )


class _Features:
    """What personas look at, as arrays over the tracks."""

    def __init__(self, tracks: Sequence[AtlasTrack]) -> None:
        names = list(dict.fromkeys(t.artist.name for t in tracks))
        place = {name: i for i, name in enumerate(names)}
        self.tracks = tracks
        self.artist_of = np.array([place[t.artist.name] for t in tracks], np.int64)
        self.n_artists = len(names)
        self.fame = np.array([3.0 - t.artist.tier for t in tracks])
        self.scenes = {
            scene: np.array([_belongs(t.artist.tags, tags) for t in tracks])
            for scene, tags in SCENES.items()
        }


def _belongs(tags: Sequence[str], scene: Mapping[str, float]) -> float:
    """How much an artist belongs to a scene: 0 to 1, each shared tag adds less than the last."""
    left = 1.0
    for tag in tags:
        left *= 1.0 - 0.7 * scene.get(tag, 0.0)
    return 1.0 - left


def _draw(
    persona: Persona,
    features: _Features,
    now: datetime,
    rng: np.random.Generator,
    *,
    picks: bool,
) -> SampleListener:
    pleasure = _pleasure(persona, features, rng)
    n_taste = int(rng.integers(*TASTE_TRACKS))
    taste = np.argsort(-pleasure, kind="stable")[:n_taste]
    known = _known(persona, features, taste, rng)
    strays = _strays(features, taste, rng)
    played = np.concatenate([known, strays])
    heat = np.concatenate([_ranks(pleasure[known]), np.zeros(len(strays))])
    plays = tuple(_plays(played, heat, now, rng))
    favourites = sorted(plays, key=lambda p: (-p.plays, p.track))
    artists = dict.fromkeys(features.tracks[p.track].artist.name for p in favourites)
    return SampleListener(
        name=persona.name,
        plays=plays,
        picks=tuple(artists)[:PICKS] if picks else (),
        taste=frozenset(taste.tolist()),
    )


def _pleasure(persona: Persona, features: _Features, rng: np.random.Generator) -> Floats:
    scene = np.zeros(len(features.tracks))
    for name, weight in persona.scenes.items():
        scene = np.maximum(scene, weight * features.scenes[name])
    era = np.array([_era(track, persona.eras) for track in features.tracks])
    home = np.array([persona.countries.get(t.artist.country, 0.0) for t in features.tracks])
    by_artist = rng.normal(0, _ARTIST_CHANCE, features.n_artists)[features.artist_of]
    by_track = rng.normal(0, _TRACK_CHANCE, len(features.tracks))
    total: Floats = (
        _SCENE_PULL * scene
        + _ERA_PULL * era
        + _COUNTRY_PULL * home * scene
        + _FAME_PULL * persona.fame * features.fame
        + by_artist
        + by_track
    )
    return total


def _era(track: AtlasTrack, eras: Mapping[int, float]) -> float:
    decades = (track.year // 10 * 10,) if track.year else track.artist.decades
    return max((eras.get(decade, 0.0) for decade in decades), default=0.0)


def _known(persona: Persona, features: _Features, taste: Ints, rng: np.random.Generator) -> Ints:
    """Which part of a taste has been played: famous tracks first, quiet scenes hardly at all."""
    loud = np.zeros(len(taste))
    quiet = np.zeros(len(taste))
    for name, weight in persona.scenes.items():
        strength = weight * features.scenes[name][taste]
        if name in persona.quiet:
            quiet = np.maximum(quiet, strength)
        else:
            loud = np.maximum(loud, strength)
    chance = np.exp(_FAME_HEARD * features.fame[taste]) * np.where(quiet > loud, _QUIET_SHARE, 1.0)
    n_known = int(rng.integers(*KNOWN_TRACKS))
    return rng.choice(taste, size=n_known, replace=False, p=chance / chance.sum())


def _strays(features: _Features, taste: Ints, rng: np.random.Generator) -> Ints:
    famous = np.flatnonzero(features.fame >= 1)
    return rng.choice(np.setdiff1d(famous, taste), size=STRAY_TRACKS, replace=False)


def _ranks(values: Floats) -> Floats:
    """Return each value's place among the others, 0 to 1."""
    return np.argsort(np.argsort(values)) / max(1, len(values) - 1)


def _plays(tracks: Ints, heat: Floats, now: datetime, rng: np.random.Generator) -> Iterator[Play]:
    counts = 1 + rng.poisson(np.exp(rng.normal(0.2 + 2.0 * heat, 0.6)))
    ages = rng.beta(1.0, 2.0, len(tracks)) * HISTORY.total_seconds()
    for track, count, age in zip(tracks.tolist(), counts.tolist(), ages.tolist(), strict=True):
        at = (now - timedelta(seconds=age)).replace(microsecond=0)
        yield Play(track, min(count, 60), at)
