"""The file between `tune --out` and `fit --settings`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys.config import TUNED, Config
from recsys.errors import DataError
from recsys.interactions import SCALES


def write_settings(path: Path, settings: dict[str, Any], weighing: str, tuned_on: int) -> None:
    """Write what was chosen, and on how many rows."""
    _write(path, {**settings, "scale": weighing, "tuned_on": tuned_on})


def write_votes(path: Path, votes: dict[str, float]) -> None:
    """Write what a vote weighs, by the names that ``Weighing`` has for it."""
    _write(path, {"votes": votes})


def _write(path: Path, facts: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from error


def with_settings(config: Config, path: Path) -> Config:
    """Return the config with what a file holds: settings, then not chosen again, or vote weights.

    Raises
    ------
    DataError
        When the file is missing, no JSON, or names what no model takes.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"there is no file {path}") from error
    except ValueError as error:
        raise DataError(f"{path.name} is not JSON") from error
    if not isinstance(found, dict) or not set(found) <= {*TUNED, "scale", "tuned_on", "votes"}:
        raise DataError(f"{path.name} does not hold settings that `tune --out` wrote")
    votes = _read_votes(path, found.pop("votes", {}))
    config = replace(config, weighing=replace(config.weighing, **votes))
    if found and not config.tune:
        raise DataError(
            f"{path.name}: the settings of the models are named twice; leave one file out"
        )
    return _with_models(config, path, found) if found else config


def _with_models(config: Config, path: Path, found: dict[str, Any]) -> Config:
    models = {name: found.get(name, {}) for name in TUNED}
    if not all(isinstance(one, dict) for one in models.values()):
        raise DataError(f"{path.name}: the settings of a model must be an object")
    scale = found.get("scale", config.weighing.scale)
    if scale not in SCALES:
        raise DataError(f"{path.name}: scale must be one of {', '.join(SCALES)}")
    for name, one in models.items():
        _check(path, name, one)
    tuned_on = found.get("tuned_on", 0)
    if not _is_whole(tuned_on, least=0):
        raise DataError(f"{path.name}: tuned_on must be a whole number >= 0")
    return replace(
        config,
        **models,
        weighing=replace(config.weighing, scale=scale),
        tune=False,
        tuned_on=tuned_on,
    )


def _read_votes(path: Path, votes: Any) -> dict[str, Any]:
    if not isinstance(votes, dict) or not set(votes) <= set(_VOTE_RANGE):
        raise DataError(f"{path.name}: votes must be an object with like and dislike, no more")
    for name, value in votes.items():
        least, most = _VOTE_RANGE[name]
        if not _is_number(value) or not least <= value <= most:
            raise DataError(f"{path.name}: votes {name} must be a number from {least} to {most}")
    return votes


def in_words(settings: Mapping[str, Any]) -> str:
    """Name the settings of a model that differ from its defaults."""
    return ", ".join(f"{name} {value:g}" for name, value in settings.items()) or "defaults"


def tried(info: Mapping[str, Any]) -> str:
    """Say how many settings a training tried, and what it chose; empty where it tried none."""
    if not info["trials"]:
        return ""
    chosen = [f"{name} {in_words(own)}" for name, own in info["settings"].items() if own]
    return f"{info['trials']} settings tried, chosen: {'; '.join(chosen) or 'the defaults'}"


_LATENT = {"unobserved", "regularisation", "dislike", "n_iterations", "side_weight"}
_CLOSED_FORM = {"side_weight", "regularisation", "n_neighbours", "most_items", "norm"}
_KEYWORDS = dict(zip(TUNED, 2 * (_LATENT, _CLOSED_FORM), strict=True))
_WHOLE = {"n_iterations", "n_neighbours", "most_items"}
_VOTE_RANGE = {"like": (0, 10), "dislike": (-10, 0)}  # beside 0.5 to 1.5 for what was played
_ABOVE_ZERO = {"regularisation"}  # without it the equations of a thin row have no one solution


def _check(path: Path, name: str, settings: dict[str, Any]) -> None:
    for keyword, value in settings.items():
        if keyword not in _KEYWORDS[name]:
            raise DataError(f"{path.name}: {name} has no setting {keyword}")
        told = f"{path.name}: {name} {keyword} must be a"
        if keyword in _WHOLE and not _is_whole(value, least=1):
            raise DataError(f"{told} whole number >= 1")
        if not _is_number(value):
            raise DataError(f"{told} number >= 0")
        if keyword in _ABOVE_ZERO and not value > 0:
            raise DataError(f"{told} number > 0")
        if not 0 <= value < float("inf"):
            raise DataError(f"{told} number >= 0")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
