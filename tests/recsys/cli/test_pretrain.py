"""`pretrain`: every form of listening, one file out, and a sentence for every mistake."""

import gzip
import io
import json
import shutil
import tarfile

import numpy as np
import pandas as pd
import pytest

from recsys.background_file import read_background
from recsys.cli import listening_files
from recsys.cli.listening import Heard, Listening
from recsys.cli.listening_files import heard_in
from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.errors import DataError
from tests.recsys.generated import FOLDER

FACTS = ["--source", "a generated set", "--licence", "CC0 1.0"]
MBID = "8f6bd1e4-fbe1-4f50-aa9b-94c450ec0f11"


def listen(user, artist, mapping=None):
    told = {"artist_name": artist, "track_name": "any", "mbid_mapping": mapping}
    return json.dumps({"user_id": user, "timestamp": 1_700_000_000, "track_metadata": told})


LINES = [
    listen(1, "Can"),
    listen(1, "Can feat. Damo", {"artists": [{"artist_credit_name": "Can", "artist_mbid": MBID}]}),
    listen(2, "Neu!", {"artist_mbids": [MBID]}),
    '{"broken": ',
    '{"user_id": 3, "track_metadata": {"artist_name": null}}',
    "[]",
    listen(2, "A & B", {"artist_mbids": [MBID, MBID]}),
]
READ = [
    Heard("1", "Can"),
    Heard("1", "Can", mbid=MBID),
    Heard("2", "Neu!", mbid=MBID),
    Heard("2", "A & B"),
]


def tarred(path, mode):
    with tarfile.open(path, mode) as archive:
        for name, text in (
            ("dump/COPYING", "CC0"),
            ("dump/listens/2026/7.listens", "\n".join(LINES)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def zstandard(path):
    program = shutil.which("zstd")
    if program is None:
        pytest.skip("zstd is not installed")
    import subprocess

    subprocess.run([program, "-q", str(path)], check=True)
    return path.with_name(path.name + ".zst")


def test_listens_are_read_from_lines_and_archives(tmp_path):
    lines = tmp_path / "a.jsonl"
    lines.write_text("\n".join(LINES))
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    archives = [tarred(tmp_path / "c.tar", "w"), tarred(tmp_path / "d.tar.gz", "w:gz")]
    for path in (lines, packed, *archives, tarred(tmp_path / "e.tgz", "w:gz")):
        assert list(heard_in(path)) == READ, path.name


def test_a_dump_as_listenbrainz_packs_it(tmp_path):
    path = zstandard(tarred(tmp_path / "dump.tar", "w"))
    assert list(heard_in(path)) == READ
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError):
        list(heard_in(path))


def test_without_zstandard_it_says_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "dump.tar.zst"
    path.write_bytes(b"x")
    monkeypatch.setattr(listening_files.shutil, "which", lambda _: None)
    monkeypatch.setattr(listening_files.importlib, "import_module", missing)
    with pytest.raises(DataError, match="install the program zstd"):
        list(heard_in(path))


def missing(name):
    raise ImportError(name)


@pytest.mark.parametrize(
    ("text", "plays"),
    [
        ("listener,artist\na,Can\na,Can\n", [1, 1]),
        ("listener,artist,n\na,Can,3\na,Neu!,2.5\n", [3, 2.5]),
        ("who,what,title,at,plays\na,Can,x,2026-01-01,7\na,Can,y,2026-01-01,8\n", [7, 8]),
        ("who,what,title,at\na,Can,x,2026-01-01\na,Can,y,2026-01-01\n", [1, 1]),
    ],
)
def test_tables_with_and_without_plays(tmp_path, text, plays):
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert [row.plays for row in heard_in(path)] == plays


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n", "needs 2 columns"),
        ("a,b\nx,\n", "line 2"),
        ("a,b,n\nx,y,many\n", "line 2: plays"),
        ("a,b,n\nx,y,1\nx,y,nan\n", "line 3: plays"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path, text, said):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        list(heard_in(path))


def test_a_folder_needs_a_train_file(tmp_path):
    with pytest.raises(DataError, match=r"no train\.csv"):
        list(heard_in(tmp_path))
    with pytest.raises(DataError, match="there is no file"):
        list(heard_in(tmp_path / "nothing.csv"))


def test_of_too_many_listeners_a_fair_sample_stays_whole():
    rows = [Heard(f"u{k % 400}", f"artist {k % 7}", 2.0) for k in range(4_000)]
    listening = Listening(100)
    listening.add(iter(rows))
    found, codes = listening.interactions(least_listeners=2, most_artists=5)
    assert 20 <= found.n_users <= 100
    assert len(codes) == 5
    whole = Listening(1_000)
    whole.add(iter(rows))
    everybody, _ = whole.interactions(least_listeners=1, most_artists=50)
    assert everybody.n_users == 400
    assert everybody.value.sum() == 8_000
    each = np.bincount(found.user, found.value)
    assert each.min() >= 2 * 10 * 5 // 7 - 8


def test_spellings_of_a_name_are_one_artist_with_one_id():
    listening = Listening(10)
    listening.add(iter([Heard("a", "The Beatles"), Heard("b", "beatles", mbid=MBID)]))
    found, codes = listening.interactions(least_listeners=2, most_artists=9)
    assert [listening.names[k] for k in codes] == ["The Beatles"]
    assert [listening.mbids[k] for k in codes] == [MBID]
    assert len(found) == 2


def test_a_split_folder_becomes_a_prior_with_tags(tmp_path, capsys):
    out = tmp_path / "new" / "one.prior"
    assert main(["pretrain", str(FOLDER), "--out", str(out), *FACTS, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    prior = read_background(out)
    assert facts["n_listeners"] == 150
    assert facts["artists"] == len(prior.keys) > 250
    assert facts["bytes"] == out.stat().st_size
    assert facts["licence"] == prior.about.licence == "CC0 1.0"
    assert {f"style {k}" for k in range(8)} <= set(prior.tags)
    assert set(prior.slopes) >= {"background", "background_neighbours", "content"}
    tested = set(pd.read_csv(FOLDER / "test.csv")["item"])
    assert tested  # the test file is left alone: only train and valid were read
    assert main(["pretrain", str(FOLDER), "--out", str(out), *FACTS]) == EXIT_BAD_INPUT
    assert "exists" in capsys.readouterr().err


def test_a_model_starts_from_a_prior_and_says_so(tmp_path, capsys):
    prior, model = tmp_path / "one.prior", tmp_path / "model"
    assert main(["pretrain", str(FOLDER), "--out", str(prior), *FACTS]) == 0
    few = tmp_path / "few"
    few.mkdir()
    train = pd.read_csv(FOLDER / "train.csv")
    train[train["user"].isin(["u1", "u2", "u3"])].to_csv(few / "train.csv", index=False)
    assert main(["fit", str(few), str(model), "--background", str(prior)]) == 0
    capsys.readouterr()
    assert main(["inspect", str(model), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["background"]["licence"] == "CC0 1.0"
    assert facts["background"]["listeners"] == 150
    assert {"background", "background_neighbours"} <= {row["part"] for row in facts["parts"]}
    assert main(["inspect", str(model)]) == 0
    assert "a generated set" in capsys.readouterr().out
    assert main(["inspect", str(prior)]) == EXIT_BAD_INPUT
    said = f"{prior} holds no model: it is a background prior; `fit --background` takes it"
    assert capsys.readouterr().err.strip() == said
    groups = tmp_path / "groups.csv"
    pd.DataFrame({"item": train["item"].unique(), "artist": "one"}).to_csv(groups, index=False)
    tracks = ["fit", str(few), str(tmp_path / "m2"), "--item-groups", str(groups)]
    assert main([*tracks, "--background", str(prior)]) == EXIT_BAD_INPUT
    assert "items that are artists" in capsys.readouterr().err


def test_source_and_licence_are_not_optional(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["pretrain", str(FOLDER), "--out", str(tmp_path / "p"), "--source", "x"])
    assert "--licence" in capsys.readouterr().err
    arguments = ["pretrain", str(FOLDER), "--out", str(tmp_path / "p"), "--source", " "]
    assert main([*arguments, "--licence", "CC0"]) == EXIT_BAD_INPUT
    assert "must name its source" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_tags_of_other_artists_are_refused(tmp_path, capsys):
    tags, out = tmp_path / "tags.csv", tmp_path / "p"
    tags.write_text("artist,tag\nNobody here,quiet\n")
    arguments = ["pretrain", str(FOLDER), "--out", str(out), *FACTS, "--tags", str(tags)]
    assert main(arguments) == EXIT_BAD_INPUT
    assert "tags.csv tags none of the" in capsys.readouterr().err
    assert not out.exists()


def test_small_communities_with_a_prior_of_the_others(tmp_path, capsys):
    for name in ("train", "valid", "test", "item_tags"):
        shutil.copy(FOLDER / f"{name}.csv", tmp_path)
    rows = [("random", 5, draw, f"u{5 * draw + k}") for draw in range(3) for k in range(5)]
    rows += [("friends", 5, 0, f"u{k}") for k in range(5)]
    pd.DataFrame(rows, columns=["kind", "n", "draw", "user"]).to_csv(
        tmp_path / "communities.csv", index=False
    )
    arguments = ["evaluate", str(tmp_path), "--protocol", "small", "--json", "--kind", "random"]
    assert main([*arguments, "--background", "pretrain", "--draws", "2"]) == 0
    found = {row["plays of others"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(found) == {"together", "closed", "pretrain"}
    assert found["pretrain"]["n_draws"] == 2
    assert found["pretrain"]["ndcg"] > found["closed"]["ndcg"]
    assert main([*arguments[:-1], "nobody"]) == EXIT_BAD_INPUT
    assert main(["evaluate", str(tmp_path), "--draws", "2"]) == EXIT_BAD_INPUT
