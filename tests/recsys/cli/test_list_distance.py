"""The distance within a list: what it is made of, by hand."""

import numpy as np
import pytest

from recsys.cli.measuring import described
from recsys.cli.side_information import SideFiles, read_catalogue
from recsys.metrics import beyond

ITEMS = np.array([f"t{k}" for k in range(4)], dtype=object)
GROUPS = "item,artist,album,label\nt0,a,x,l\nt1,a,y,l\nt2,b,x,l\nt3,b,z,l\n"
FEATURES = "item,energy,year\nt0,1,2000\nt1,3,2010\nt2,3,2020\nt3,1,2010\n"
TAGS = "item,tag\nt0,rock\nt1,rock\nt2,jazz\n"


def catalogue(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return read_catalogue(
        ITEMS,
        tmp_path,
        SideFiles(
            item_tags=tmp_path / "tags.csv" if "tags" in files else None,
            item_groups=(tmp_path / "groups.csv",) if "groups" in files else (),
            item_features=tmp_path / "features.csv" if "features" in files else None,
        ),
    )


def cosines(catalogue):
    rows = described(catalogue).toarray()
    lengths = np.linalg.norm(rows, axis=1)
    assert np.isclose(lengths, 1, atol=1e-6).all() or (lengths < 1e-6).any()
    return rows @ rows.T


def test_artist_album_and_features_stand_side_by_side(tmp_path):
    """Energy is -1, 1, 1, -1 when standardised; the year -1, 0, 1, 0 decades from 2010."""
    found = cosines(catalogue(tmp_path, groups=GROUPS, features=FEATURES))
    half = 1 / np.sqrt(2)
    expected = np.array(
        [
            [3, 1 - half, 1 - 1, half],
            [1 - half, 3, half, -1],
            [0, half, 3, 1 - half],
            [half, -1, 1 - half, 3],
        ]
    )
    np.testing.assert_allclose(found, expected / 3, atol=1e-6)


def test_further_groupings_are_no_tags(tmp_path):
    """All share the label; artist and tags alone say how far they are apart."""
    one = GROUPS.replace(",x", ",").replace(",y", ",").replace(",z", ",")
    found = cosines(catalogue(tmp_path, groups=one, tags=TAGS))
    assert found[0, 1] == pytest.approx(1.0), "the same artist, the same tag"
    assert found[0, 2] == pytest.approx(0.0)
    assert found[2, 3] == pytest.approx(1 / np.sqrt(2)), "one of them has no tag"


def test_artists_keep_their_tags_beside_features(tmp_path):
    found = cosines(catalogue(tmp_path, tags=TAGS, features=FEATURES))
    half = 1 / np.sqrt(2)
    assert found[0, 1] == pytest.approx((1 - half) / 2)
    assert found[0, 2] == pytest.approx(-0.5), "other tags, and the opposite in the features"


def test_the_mean_over_ordered_pairs_is_one_minus_the_cosine(tmp_path):
    told = catalogue(tmp_path, groups=GROUPS, features=FEATURES)
    distance = 1 - cosines(told)
    expected = distance[~np.eye(4, dtype=bool)].mean()
    found = beyond(np.arange(4)[None], np.ones(4, np.int64), 3, described(told))
    assert found["ild@10"] == pytest.approx(expected, abs=1e-6)
