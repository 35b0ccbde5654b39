"""A kept model comes back bit for bit, and a damaged one is refused."""

import json
import shutil

import numpy as np
import pytest

from recsys import Evidence, Kind, Level, Options, SnapshotError, Weighing, snapshot
from recsys.config import Config
from recsys.training import fit
from tests.recsys.tastes import catalogue, community, draws


@pytest.fixture(scope="module")
def model():
    return fit(community(draws()), catalogue(), Config(weighing=Weighing(scale="log")))


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "whole"
    snapshot.save(model, folder)
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


@pytest.mark.parametrize("mmap", [True, False])
def test_everything_comes_back(model, whole, mmap):
    again = snapshot.load(whole, mmap=mmap)
    assert (again.version, again.trained_at, again.bias) == (
        model.version,
        model.trained_at,
        model.bias,
    )
    assert again.weighing == model.weighing
    assert again.weighing.scale == "log"
    assert json.dumps(dict(again.info), sort_keys=True) == json.dumps(
        dict(model.info), sort_keys=True
    )
    assert [(p.name, p.curve, p.cold_curve) for p in again.parts] == [
        (p.name, p.curve, p.cold_curve) for p in model.parts
    ]
    evidence = Evidence.concat(
        Evidence.of(np.arange(1, 30, 3), value=5.0, age_days=40.0),
        Evidence.of([77], kind=Kind.DISLIKE),
        Evidence.of([12], level=Level.ARTIST, kind=Kind.PICK),
    )
    first, second = model.fold_in(evidence), again.fold_in(evidence)
    assert np.array_equal(model.score(first).total, again.score(second).total)
    assert model.recommend(first, n=10, options=Options()) == again.recommend(
        second, n=10, options=Options()
    )
    a, b = model.explain(first, 200), again.explain(second, 200)
    assert a.score == b.score
    assert np.array_equal(a.evidence, b.evidence)


def test_saved_again_it_is_the_same_files(whole, tmp_path):
    snapshot.save(snapshot.load(whole), tmp_path / "again")
    first, second = (
        json.loads((folder / snapshot.MANIFEST).read_text())["files"]
        for folder in (whole, tmp_path / "again")
    )
    assert first == second


def test_every_single_file_is_watched(whole, tmp_path):
    for path in sorted(whole.glob("*.npy")):
        copy = shutil.copytree(whole, tmp_path / path.stem)
        content = bytearray((copy / path.name).read_bytes())
        content[len(content) // 2] ^= 0xFF
        (copy / path.name).write_bytes(content)
        with pytest.raises(SnapshotError):
            snapshot.load(copy)
        shutil.rmtree(copy)


TAMPERED = {
    "another format": lambda m: m.update(format=1),
    "no bias": lambda m: m.pop("bias"),
    "an unknown model": lambda m: m["parts"][0].update({"class": "Magic"}),
    "an unknown scale": lambda m: m["weighing"].update(scale="cube"),
    "an unknown weight": lambda m: m["weighing"].update(unheard_of=1),
    "another shape": lambda m: next(iter(m["files"].values())).update(shape=[1]),
    "no files": lambda m: m["files"].clear(),
    "a link that falls": lambda m: m["link"].update(slopes=[1.0, -1.0], knees=[0.0]),
    "a link with a slope too few": lambda m: m["link"].update(slopes=[1.0], knees=[0.0]),
    "an unknown level": lambda m: m["parts"][0].update(level=9),
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_manifest_that_was_tampered_with_is_refused(copy, change):
    path = copy / snapshot.MANIFEST
    manifest = json.loads(path.read_text())
    TAMPERED[change](manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError):
        snapshot.load(copy)


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '{"format": 2}', "\x00"])
def test_a_manifest_that_is_none_is_refused(copy, content):
    (copy / snapshot.MANIFEST).write_text(content)
    with pytest.raises(SnapshotError):
        snapshot.load(copy)


def test_a_file_outside_the_folder_is_refused(copy):
    path = copy / snapshot.MANIFEST
    text = path.read_text()
    name = next(iter(json.loads(text)["files"]))
    shutil.move(copy / name, copy.parent / name)
    path.write_text(text.replace(f'"{name}"', f'"../{name}"'))
    with pytest.raises(SnapshotError):
        snapshot.load(copy)


def test_no_manifest_no_model(copy, tmp_path):
    (copy / snapshot.MANIFEST).unlink()
    for folder in (copy, tmp_path / "nowhere"):
        with pytest.raises(SnapshotError):
            snapshot.load(folder)
