"""A prior of listeners elsewhere: what it brings, how it steps back, and that nobody is in it."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from recsys import Catalogue, DataError, Evidence, Interactions, SnapshotError, snapshot
from recsys.background import FACTORS, LIFTED, NEIGHBOURS, RENOWN, Provenance
from recsys.background_file import read_background, read_provenance, write_background
from recsys.config import Config
from recsys.exploration import DRAWS, Ensemble
from recsys.metrics import per_user
from recsys.models.als import ALS
from recsys.names import name_key
from recsys.pretraining import pretrain
from recsys.sparse import csr
from recsys.training import fit
from tests.recsys.tastes import alone, artists_of, catalogue, community, draws

PARTS = (FACTORS, NEIGHBOURS, RENOWN, LIFTED)
NAMES = [f"The Artist No. {k}" for k in range(1, 151)]


@pytest.fixture(scope="module")
def prior():
    elsewhere = artists_of(draws(200, seed=11))
    return pretrain(
        community(elsewhere),
        alone(),
        NAMES,
        source="a generated community",
        licence="CC0 1.0",
        mbids=["", "mbid-2", *[""] * 148],
        created="2026-11-01",
    )


@pytest.fixture(scope="module")
def kept(prior, tmp_path_factory):
    path = tmp_path_factory.mktemp("prior") / "one.prior"
    write_background(prior, path)
    return path


def untold(tags_kept=0):
    """The catalogue of a real server: hardly anything is tagged, nothing is known of fame."""
    whole = catalogue()
    kept = csr(whole.tags.multiply(np.arange(150)[:, None] % 5 < tags_kept))
    return replace(whole, tags=kept, popularity=np.full(150, np.nan, np.float32))


def five(prior, where, *, n=5):
    """A server of so many members, of whom the first half of what they love is known."""
    loved = draws(n, seed=77)
    aligned = None if prior is None else prior.align(where, NAMES)
    return fit(community([one[:10] for one in loved]), where, background=aligned)


def quality(model, loved):
    found = []
    for one in loved:
        profile = model.fold_in(Evidence.of(one[:10], value=5.0))
        scores = model.score_artists(profile)
        known, wanted = (set(((half - 1) // 2).tolist()) for half in (one[:10], one[10:]))
        scores[list(known)] = -np.inf
        best = np.argsort(-scores, kind="stable")[:10]
        hits = np.array([[k in wanted for k in best.tolist()]])
        found.append(per_user(hits, np.array([len(wanted)]))["ndcg@10"][0])
    return float(np.mean(found))


@pytest.mark.parametrize("tagged", [0, 1])
def test_a_server_of_five_is_better_with_it_than_without(prior, tagged):
    where, loved = untold(tagged), [*draws(5, seed=77), *draws(60, seed=79)]
    with_it, without = (quality(five(one, where), loved) for one in (prior, None))
    assert with_it > without + 0.03


def test_so_is_a_server_without_any_member(prior):
    nobody = Interactions.of([], Evidence.of([]), n_users=0)
    where, loved = untold(1), draws(60, seed=78)
    models = [fit(nobody, where, background=one) for one in (prior.align(where, NAMES), None)]
    with_it, without = (quality(model, loved) for model in models)
    assert with_it > without + 0.03


def test_where_tags_say_it_all_it_does_no_harm(prior):
    loved = [*draws(5, seed=77), *draws(60, seed=79)]
    with_it, without = (quality(five(one, catalogue()), loved) for one in (prior, None))
    assert with_it > without - 0.02


@pytest.mark.parametrize("n", [5, 12, 25])
def test_few_are_explored_by_what_the_prior_is_unsure_of(prior, n):
    """Also where they have factors of their own, which the blend gives no weight beside the prior's."""
    model = five(prior, untold(), n=n)
    assert 0.3 < model.taste_noise[FACTORS] < 1, "measured, on those here"
    pool = np.arange(model.catalogue.n_items)
    wide = []
    for known in (20, 60, 200):  # tracks: half as many artists
        profile = model.fold_in(Evidence.of(pool[:known] + 1, value=5.0))
        ensemble = Ensemble.of(model, profile, pool)
        assert ensemble.gains.shape == (DRAWS, len(pool))
        assert len(np.unique(ensemble.best(model.score(profile).total))) > 1
        wide.append(float(ensemble.gains.std(axis=0).mean()))
    assert wide[-1] < max(wide[:2])


def test_its_parts_are_parts_like_all_others(prior, tmp_path):
    model, loved = five(prior, catalogue()), draws(5, seed=77)
    assert set(PARTS) <= {part.name for part in model.parts}
    profile = model.fold_in(Evidence.of(loved[0][:10], value=5.0))
    total = model.score(profile).total
    for item in (4, 120, 233):
        found = model.explain(profile, item)
        assert found.score == pytest.approx(float(total[item - 1]), abs=1e-4)
        for part in found.parts:
            assert part.value == pytest.approx(part.shares.sum() + part.prior, abs=1e-5)
    by_name = {part.name: part for part in model.explain(profile, 4).parts}
    assert np.count_nonzero(by_name[FACTORS].shares) == 10
    assert not by_name[RENOWN].shares.any()
    snapshot.save(model, tmp_path / "kept")
    again = snapshot.load(tmp_path / "kept")
    assert np.array_equal(again.score(again.fold_in(profile.evidence)).total, total)
    assert again.info["background"]["source"] == "a generated community"


def test_a_listener_is_folded_in_as_where_the_factors_were_learned(prior):
    """With the whole prior's Gramian and size, though this catalogue holds a third of its artists."""
    there = ALS(n_factors=prior.factors.shape[1], **prior.latent)
    there.item_factors_, there.gram_ = prior.factors, prior.gram
    there.n_items_ = prior.n_known
    row = csr((np.ones(4), (np.zeros(4, int), [0, 3, 30, 48])), (1, len(prior.keys)))
    few = replace(
        alone_of(50), tags=csr((np.zeros(0), (np.zeros(0, int), np.zeros(0, int))), (50, 6))
    )
    here = dict(prior.align(few, NAMES[:50]).models())[FACTORS].fit(csr(row[:, :50]))
    expected = there.fold_in(row)
    assert np.allclose(here.fold_in(csr(row[:, :50])), expected, atol=1e-6)
    places = prior.places(NAMES[:50])
    scores = here.score(here.fold_in(csr(row[:, :50])))
    assert np.allclose(scores, there.score(expected)[:, places], atol=1e-5)


def alone_of(n):
    whole = alone()
    return Catalogue.build(whole.artists.ids[:n], tags=whole.tags[:n], tag_names=whole.tag_names)


def test_artists_it_never_heard_of_take_no_part_in_a_fold_in(prior):
    bare = replace(alone(), tags=csr((np.zeros(0), (np.zeros(0, int), np.zeros(0, int))), (150, 6)))
    names = [*NAMES[:140], *[f"nobody {k}" for k in range(10)]]
    model = dict(prior.align(bare, names).models())[FACTORS]
    known = csr((np.ones(2), ([0, 0], [1, 2])), (1, 150))
    more = csr((np.ones(3), ([0, 0, 0], [1, 2, 145])), (1, 150))
    model.fit(known)
    assert np.allclose(model.fold_in(known), model.fold_in(more))
    assert model.coefficients(more, np.arange(5))[2].any() is np.False_


def test_unknown_artists_with_known_tags_have_factors_and_similar_ones(prior):
    names = [*NAMES[:149], "unheard of"]  # the last one, of the last style
    aligned = prior.align(alone(), names)
    assert not aligned.known[149]
    assert aligned.factors[149].any()
    fitted = fit(community(artists_of(draws(5, seed=1))), alone(), background=aligned)
    near = fitted.artist_similarity(np.array([149]), np.arange(149))[0]
    assert set((np.argsort(-near)[:5] // 25).tolist()) == {5}


def test_artists_are_matched_by_mbid_first_then_by_name(prior):
    found = prior.places(
        ["artist no 7", "Ärtist nö. 8", "whoever", "artist no 7"], ["", "", "", "mbid-2"]
    )
    assert [prior.keys[k] if k >= 0 else None for k in found] == [
        name_key(NAMES[6]),
        name_key(NAMES[7]),
        None,
        name_key(NAMES[1]),
    ]


def test_the_prior_steps_back_as_own_listeners_come(prior):
    aligned = prior.align(catalogue(), NAMES)
    shares = [aligned.share(n) for n in (0, 5, 50, 500, 50_000)]
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.01
    half = round(min(300, prior.about.n_listeners))
    assert aligned.share(half) == pytest.approx(0.5)
    for n in (0, half):
        b = aligned.share(n)
        own, theirs = aligned.told("latent", 0.8, n), aligned.told(FACTORS, 1.0, n)
        assert own.spread == pytest.approx((1 - b) * 0.8)
        assert theirs.spread == 0
        assert theirs.raw == pytest.approx([b * slope for slope in prior.slopes[FACTORS]])
    silent = replace(aligned, prior=replace(prior, slopes={}))
    assert silent.told(FACTORS, 1.0, half).spread == pytest.approx(0.5)
    assert silent.told("content", 0.8, half).spread == pytest.approx(0.6)


def test_weights_learned_here_take_over(prior):
    """Members who love what the prior thinks nobody loves: the more rows, the less it says."""
    listens = artists_of(draws(120, seed=5))
    turned = [(one + 74) % 150 + 1 for one in listens]  # other artists under the same names
    aligned = prior.align(alone(), NAMES)
    config = Config(tune=False)
    learned = fit(community(turned), alone(), config, background=aligned)
    config = replace(config, learn_weights=False)
    taken = fit(community(turned), alone(), config, background=aligned)

    def weight(model, name):
        """Beside what the tags say: a common scale of all slopes says nothing."""
        return abs(model.part(name).curve.slopes[0] / model.part("content").curve.slopes[0])

    for name, share in ((FACTORS, 1.0), (NEIGHBOURS, 0.5)):
        assert weight(learned, name) < share * weight(taken, name), name


def test_it_comes_back_from_its_file_as_it_was(prior, kept, tmp_path):
    again = read_background(kept)
    for name in ("keys", "mbids", "tags", "n_known", "norm", "latent", "slopes", "about"):
        assert getattr(again, name) == getattr(prior, name), name
    for name in ("listeners", "factors", "gram", "idf", "tag_factors"):
        assert np.array_equal(getattr(again, name), getattr(prior, name)), name
    assert (again.neighbours != prior.neighbours).nnz == 0
    assert read_provenance(kept) == (prior.about, len(prior.keys))
    write_background(again, tmp_path / "twice")
    assert (tmp_path / "twice").read_bytes() == kept.read_bytes()


def test_it_holds_no_listener(prior, kept):
    with zipfile.ZipFile(kept) as file:
        shapes = {n: file.getinfo(n).file_size for n in file.namelist()}
        told = json.loads(file.read("manifest.json"))
    assert set(told["about"]) == {"source", "licence", "created", "n_listeners"}
    assert not [name for name in shapes if "user" in name or "listener_" in name]
    assert all(200 not in getattr(prior, n).shape for n in ("listeners", "factors", "gram"))


@pytest.mark.parametrize("name", ["factors", "keys", "neighbours_indices", "gram"])
def test_a_changed_array_is_refused(kept, tmp_path, name):
    def spoilt(entry, data):
        return data[:-1] + bytes([data[-1] ^ 1]) if entry == f"{name}.npy" else data

    with pytest.raises(SnapshotError, match="was changed"):
        read_background(rewritten(kept, tmp_path, spoilt))


def test_a_changed_manifest_is_refused(kept, tmp_path):
    def spoilt(entry, data):
        return data.replace(b"CC0 1.0", b"CC0 9.9") if entry == "manifest.json" else data

    with pytest.raises(SnapshotError, match="manifest was changed"):
        read_background(rewritten(kept, tmp_path, spoilt))


def test_what_is_no_prior_is_refused(kept, tmp_path):
    for content in (b"", b"<html>not found</html>", kept.read_bytes()[:-500]):
        path = tmp_path / "other"
        path.write_bytes(content)
        for read in (read_background, read_provenance):
            with pytest.raises(SnapshotError, match="no background prior"):
                read(path)


def rewritten(kept, tmp_path, change):
    path = tmp_path / "changed"
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, change(entry, old.read(entry)))
    return path


def test_numbers_that_are_not_finite_are_not_kept(prior, tmp_path):
    factors = prior.factors.copy()
    factors[3, 0] = np.nan
    with pytest.raises(SnapshotError, match="not finite"):
        write_background(replace(prior, factors=factors), tmp_path / "bad")


@pytest.mark.parametrize(
    "wrong", [{"licence": " "}, {"source": ""}, {"licence": "a\nb"}, {"created": "today"}]
)
def test_it_must_name_source_licence_and_day(wrong):
    with pytest.raises(DataError):
        Provenance(
            **{"source": "x", "licence": "CC0", "created": "2026-11-01", "n_listeners": 9, **wrong}
        )


def test_a_handful_of_listeners_makes_no_prior():
    with pytest.raises(DataError, match="needs 20 listeners, not 7"):
        pretrain(
            community(artists_of(draws(7))), alone(), NAMES, source="a few friends", licence="none"
        )


def test_what_one_listener_alone_plays_is_not_in_it():
    loved = artists_of(draws(60, seed=4))
    loved = [np.unique(np.minimum(one, 148)) for one in loved]
    loved[0] = np.append(loved[0], [149, 150])
    loved[1] = np.append(loved[1], 150)
    made = pretrain(community(loved), alone(), NAMES, source="x", licence="CC0")
    assert name_key(NAMES[148]) not in made.keys
    assert name_key(NAMES[149]) in made.keys
