"""Which rows a training holds out, and of whom."""

from dataclasses import replace

import numpy as np

from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Evidence, Interactions, Kind
from recsys.holdout import newcomers, set_aside

CATALOGUE = Catalogue.build(np.arange(500))
CONFIG = Config(plenty=20_000, validation_users=150)


def listens(*groups: tuple[int, int]) -> Interactions:
    """Draw listeners: so many with so many items each, one group after another."""
    rng = np.random.default_rng(0)
    sizes = np.repeat([each for _, each in groups], [n for n, _ in groups])
    items = np.concatenate([rng.permutation(500)[:size] for size in sizes])
    user = np.repeat(np.arange(len(sizes)), sizes)
    return Interactions.of(user, Evidence.of(items), n_users=len(sizes))


def held_of(rows: Interactions, config: Config = CONFIG) -> tuple[int, int]:
    """Count listeners asked, and rows that the models miss: held out, or those of newcomers."""
    found = set_aside(rows, CATALOGUE, config)
    assert len(found.known) + len(found.held_out) == len(rows)
    if found.asked is None:
        return 0, 0
    new = found.asked & newcomers(rows.n_users, config.random_state)
    missing = len(found.held_out) + int(new[found.known.user].sum())
    return len(np.unique(found.held_out.user)), missing


def test_of_plenty_a_hundred_of_two_thousand_are_asked() -> None:
    n_asked, missing = held_of(listens((2_000, 12)))
    assert 70 <= n_asked <= 130
    assert 0 < missing <= 0.02 * 24_000


def test_as_many_are_asked_as_two_percent_allow_whatever_the_seed() -> None:
    rows = listens((6_000, 40))
    for seed in range(5):
        n_asked, missing = held_of(rows, Config(plenty=20_000, random_state=seed))
        assert 270 <= n_asked <= 380, "1,000 would be too many"
        assert 0.01 * 240_000 <= missing <= 0.02 * 240_000


def test_all_are_asked_where_a_few_hold_most_rows_or_few_have_enough() -> None:
    assert held_of(listens((200, 120))) == (0, 0), "a hundred of them have half of the rows"
    assert held_of(listens((6_000, 4), (60, 25))) == (0, 0), "sixty are too few to learn from"
    assert held_of(listens((1_500, 12))) == (0, 0), "not plenty"


def test_who_is_asked_is_drawn_from_all_so_newcomers_are_like_everybody() -> None:
    rows = listens((6_000, 4), (1_500, 12))
    found = set_aside(rows, CATALOGUE, CONFIG)
    assert found.asked is not None
    thin = found.asked[:6_000].mean()
    rich = found.asked[6_000:].mean()
    assert 0.75 < thin / rich < 1.33
    assert (found.held_out.user >= 6_000).all(), "those with four items keep all"


def test_what_friends_play_is_no_plenty() -> None:
    rows = listens((1_000, 12))
    near = replace(listens((1_000, 60)), kind=np.full(60_000, Kind.NEARBY, rows.kind.dtype))
    found = set_aside(Interactions.concat(rows, near), CATALOGUE, CONFIG)
    assert found.asked is None
    assert (found.held_out.kind != Kind.NEARBY).all()
