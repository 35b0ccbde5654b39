"""Whole uploads: what arrives, what is left out, what is said about it."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import BadFileError
from bot.worker.limits import Limits
from bot.worker.notes import Note
from tests.worker import exports
from tests.worker.staging_area import lay_down, parse, staged

SCHEMA = """
row INTEGER PRIMARY KEY, source TEXT NOT NULL, source_time TEXT NOT NULL, started_at_ms INTEGER,
precision_ms INTEGER, ms_played INTEGER, plays INTEGER NOT NULL, skipped INTEGER NOT NULL,
artist TEXT NOT NULL, artist_key TEXT NOT NULL, title TEXT, title_key TEXT, uri TEXT, mbid TEXT,
listener TEXT
"""


def extended_row(**changes: object) -> dict[str, object]:
    return exports.extended_rows(exports.fake_plays(1))[0] | changes


def error_of(folder: Path, *files: tuple[str, bytes], limits: Limits | None = None) -> BadFileError:
    with pytest.raises(BadFileError) as caught:
        parse(folder, *files, limits=limits)
    assert not list(folder.glob("staged*"))
    return caught.value


def rows_or_error(folder: Path, file: tuple[str, bytes]) -> tuple[int, str]:
    """Return how many rows a file gave, with its only note or the error."""
    try:
        parsed = parse(folder, file)
    except BadFileError as error:
        return 0, error.key
    (note,) = parsed.notes
    return parsed.rows, Note.parse(note).key


def test_the_staged_table_is_the_agreed_one(tmp_path: Path) -> None:
    parse(tmp_path / "x", ("a.csv", exports.csv_table(5_000)))
    with closing(sqlite3.connect(tmp_path / "x" / "staged.sqlite3")) as db:
        objects = db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        rows = [row for (row,) in db.execute("SELECT row FROM staged ORDER BY row")]
    assert [(kind, name) for kind, name, _ in objects] == [("table", "staged")]
    inside = objects[0][2].partition("(")[2].rpartition(")")[0]
    assert inside.split() == SCHEMA.split()
    assert objects[0][2].strip().endswith("STRICT")
    assert rows == list(range(1, 5_001))


def test_every_export_arrives(tmp_path: Path) -> None:
    plays = exports.fake_plays(500)
    whole = sum(play.ms_played >= 30_000 for play in plays)
    for i, (name, data, n) in enumerate(
        [
            ("my_spotify_data.zip", exports.spotify_extended_zip(500), 500),
            ("my_spotify_data.zip", exports.spotify_account_zip(500), whole),
            ("listenbrainz_me_1.zip", exports.listenbrainz_zip(500), 500),
            ("me_lb.json", exports.listenbrainz_json(500), 500),
            ("scrobbles.csv", exports.csv_table(500), 500),
        ]
    ):
        assert parse(tmp_path / str(i), (name, data)).rows == n
        rows = staged(tmp_path / str(i))
        assert len(rows) == n
        assert {row["artist"] for row in rows} <= {play.artist for play in plays}


def test_private_files_are_never_opened(tmp_path: Path) -> None:
    parsed = parse(tmp_path / "x", ("a.zip", exports.spotify_account_zip(50)))
    left = [Note.parse(note) for note in parsed.notes]
    assert ("StreamingHistory_podcast_0.json", "import.note.podcasts") in {
        (note.file, note.key) for note in left
    }
    assert "Payments.json" not in " ".join(parsed.notes)
    assert b"canary" not in (tmp_path / "x" / "staged.sqlite3").read_bytes()


def test_addresses_and_device_names_are_not_staged(tmp_path: Path) -> None:
    parse(tmp_path / "x", ("a.zip", exports.spotify_extended_zip(50)))
    whole = (tmp_path / "x" / "staged.sqlite3").read_bytes()
    assert b"192.0.2.17" not in whole
    assert b"Somebrand" not in whole


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    parsed = parse(
        tmp_path / "x",
        ("broken.json", b'{"nothing": "here"'),
        ("page.json", b"<!doctype html><html></html>"),
        ("good.csv", exports.csv_table(10)),
        ("empty.json", b""),
        ("notes.txt", b"dear diary"),
    )
    assert parsed.rows == 10
    assert parsed.notes == (
        "broken.json: import.note.not_recognised",
        "page.json: import.note.html",
        "empty.json: import.note.empty",
        "notes.txt: import.note.not_recognised",
    )


def test_bad_rows_are_counted_by_reason(tmp_path: Path) -> None:
    rows = [
        extended_row(),
        extended_row(ts="2096-01-01T00:00:00Z"),
        extended_row(ts="2096-01-01T00:00:00Z"),
        extended_row(ms_played=True),
        extended_row(spotify_episode_uri="spotify:episode:1"),
        17,
    ]
    parsed = parse(tmp_path / "x", ("dir/My History.json", json.dumps(rows).encode()))
    assert parsed.rows == 1
    assert set(parsed.notes) == {
        "My History.json: import.note.rows.future n=2",
        "My History.json: import.note.rows.bad_number n=1",
        "My History.json: import.note.rows.podcast n=1",
        "My History.json: import.note.rows.bad_row n=1",
    }


def test_undated_rows_about_the_same_are_summed(tmp_path: Path) -> None:
    table = "artist,track,plays\nA,x,2\nB,,1\na,X,3\nB,,4\nA,y,1\n"
    assert parse(tmp_path / "x", ("a.csv", table.encode())).rows == 3
    rows = staged(tmp_path / "x")
    assert [(row["artist"], row["title"], row["plays"]) for row in rows] == [
        ("A", "x", 5),
        ("B", None, 5),
        ("A", "y", 1),
    ]
    assert [row["row"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_encodings(tmp_path: Path, encoding: str, kind: str) -> None:
    plays = exports.fake_plays(300)
    text = {
        "json": json.dumps(exports.extended_rows(plays), ensure_ascii=False),
        "jsonl": "\r\n".join(
            json.dumps(row, ensure_ascii=False) for row in exports.listenbrainz_rows(plays)
        ),
        "csv": exports.csv_table(300).decode(),
    }[kind]
    assert parse(tmp_path / "x", (f"a.{kind}", text.encode(encoding))).rows == 300
    assert [row["artist"] for row in staged(tmp_path / "x")] == [play.artist for play in plays]


def test_invalid_bytes_cost_one_letter(tmp_path: Path) -> None:
    data = json.dumps([extended_row(master_metadata_track_name="caf@")]).encode()
    parse(tmp_path / "x", ("a.json", data.replace(b"@", b"\xe9")))
    assert staged(tmp_path / "x")[0]["title"] == "caf\ufffd"


def test_a_saved_answer_of_the_listenbrainz_api(tmp_path: Path) -> None:
    listens = exports.listenbrainz_rows(exports.fake_plays(20))
    data = json.dumps({"payload": {"count": 20, "listens": listens}}, indent=1).encode()
    assert parse(tmp_path / "x", ("listens.json", data)).rows == 20


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.json", b"", "import.error.empty"),
        ("a.json", b" \n\t ", "import.error.empty"),
        ("a.json", b"\xef\xbb\xbf", "import.error.empty"),
        ("a.json", b"[]", "import.error.no_listens"),
        ("a.csv", b"artist,track\n", "import.error.no_listens"),
        ("a.json", b"[1, 2, 3]", "import.error.not_recognised"),
        ("a.json", b"{}", "import.error.not_recognised"),
        ("a.json", b"null", "import.error.not_recognised"),
        ("a.json", b"[Verse 1]", "import.error.not_recognised"),
        ("a.json", b"<html>sign in</html>", "import.error.not_recognised"),
        ("a.pdf", b"%PDF-1.7 \xff\xfe\x00", "import.error.not_recognised"),
        ("a.json", b"[" * 100_000, "import.error.bomb"),
        ("a.json", b'[{"a":' * 100_000, "import.error.bomb"),
        ("a.jsonl", b'{"a":' + b"[" * 100_000 + b"\n", "import.error.not_recognised"),
        ("a.json", b"[" + b"9" * 5_000 + b"]", "import.error.not_recognised"),
        ("a.json", b'["' + b"x" * 3_000_000, "import.error.bomb"),
        ("a.json", b"[" + b"[[]," * 100_000, "import.error.bomb"),
        ("StreamingHistory_podcast_0.json", b"[]", "import.error.no_listens"),
        ("a.csv", b"user,artist\na,x\nb,y\n", "import.error.several_listeners"),
    ],
)
def test_nothing_to_read_says_why(tmp_path: Path, name: str, data: bytes, key: str) -> None:
    error = error_of(tmp_path / "x", (name, data))
    assert error.key == key
    assert error.params["file"] == name


def test_the_most_telling_reason_is_told(tmp_path: Path) -> None:
    error = error_of(
        tmp_path / "x", ("a.json", b""), ("b.json", b"[["), ("c.csv", b"user,artist\na,x\nb,y\n")
    )
    assert (error.key, error.params) == ("import.error.several_listeners", {"file": "c.csv"})


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999", b"9" * 25, b"9" * 5_000])
def test_numbers_from_hell_cost_their_row(tmp_path: Path, number: bytes) -> None:
    rows = json.dumps([extended_row(), extended_row(ms_played=-7), extended_row()]).encode()
    parsed = parse(tmp_path / "x", ("a.json", rows.replace(b"-7", number)))
    assert parsed.rows == 2
    assert parsed.notes == ("a.json: import.note.rows.bad_number n=1",)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"9" * 5_000, b"true"])
def test_in_a_jsonl_file_they_cost_their_line(tmp_path: Path, number: bytes) -> None:
    lines = [json.dumps(row).encode() for row in exports.listenbrainz_rows(exports.fake_plays(9))]
    lines[4] = lines[4].replace(lines[4][16:26], number)
    lines[5] = b"{" * 100_000
    lines[6] = b"x" * 1_500_000
    parsed = parse(tmp_path / "x", ("5.jsonl", b"\n".join(lines)))
    assert parsed.rows == 6


def _cuts(plays: int) -> list[tuple[str, bytes]]:
    """Small files of every kind of JSON, each with letters that are more than a byte."""
    few = [
        replace(play, title="Ä ね 😀", ms_played=200_000, reason_end="trackdone")
        for play in exports.fake_plays(plays)
    ]
    extended = exports.extended_rows(few)
    compact = json.dumps(exports.listenbrainz_rows(few), ensure_ascii=False, separators=(",", ":"))
    return [
        ("account.json", json.dumps(exports.account_rows(few), indent=2).encode()),
        ("extended.json", json.dumps(extended, ensure_ascii=False).encode("utf-8-sig")),
        ("utf16.json", json.dumps(exports.account_rows(few)).encode("utf-16")),
        ("brainz.json", compact.encode()),
    ]


@pytest.mark.parametrize(("name", "data"), [pytest.param(*cut, id=cut[0]) for cut in _cuts(3)])
def test_wherever_a_file_is_cut_it_says_so_and_keeps_what_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # only to be quick
    seen = []
    step = 1 if len(data) < 500 else 7
    for cut in reversed(range(len(data) - 1, 4, -step)):  # behind the mark and the first bracket
        rows, key = rows_or_error(tmp_path / str(cut), (name, data[:cut]))
        assert key.endswith(".truncated"), cut
        seen.append(rows)
        shutil.rmtree(tmp_path / str(cut))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3}


def test_a_last_line_that_is_cut_is_said_and_a_bad_one_is_a_bad_row(tmp_path: Path) -> None:
    rows = exports.listenbrainz_rows(exports.fake_plays(3))
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    whole = len(lines[0]) + len(lines[1])
    data = b"".join(lines)
    for cut in range(whole + 1, len(data) - 1, 7):
        parsed = parse(tmp_path / str(cut), ("5.jsonl", data[:cut]))
        assert (parsed.rows, parsed.notes) == (2, ("5.jsonl: import.note.truncated",)), cut
    parsed = parse(tmp_path / "middle", ("5.jsonl", lines[0][:50] + b"\n" + lines[1] + lines[2]))
    assert parsed.rows == 2
    assert "5.jsonl: import.note.truncated" not in parsed.notes


def test_files_and_uploads_have_a_bound(tmp_path: Path) -> None:
    limits = Limits(file_bytes=200_000, total_bytes=300_000)
    small, large = exports.csv_table(1_000), exports.csv_table(5_000)
    assert len(small) < 200_000 < len(large)
    error = error_of(tmp_path / "x", ("large.csv", large), limits=limits)
    assert error.key == "import.error.too_large"
    assert error.params == {"file": "large.csv", "file_mb": 0, "total_mb": 0}
    files = [(f"{i}.csv", small) for i in range(6)]
    parsed = parse(tmp_path / "y", *files, limits=limits)
    assert parsed.rows == 3_000
    assert parsed.notes[0] == "3.csv: import.note.too_large"


def test_a_second_run_replaces_a_half_written_first(tmp_path: Path) -> None:
    folder = lay_down(tmp_path / "x")
    (folder / "staged.sqlite3.part").write_bytes(b"half")
    (folder / "raw" / "0000").write_bytes(exports.csv_table(3))
    (folder / "names.json").write_text('{"0000": "a.csv"}', encoding="utf-8")
    from bot.worker.parse import ParseJob

    assert ParseJob(folder, now_ms=1_795_000_000_000).run().rows == 3
    assert not (folder / "staged.sqlite3.part").exists()


def test_notes_are_read_back_as_they_were_written() -> None:
    for note in (Note("a: b.json", "import.note.bomb"), Note("x", "import.note.rows.short", 3)):
        assert Note.parse(str(note)) == note
    with pytest.raises(ValueError, match="not a note"):
        Note.parse("nothing")
