"""Hostile ZIP files: every trick is refused by name, nothing is written beside the staged rows."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from bot.errors import BadFileError
from bot.worker.limits import Limits
from tests.worker import exports
from tests.worker.staging_area import parse, staged

GOOD = ("good.csv", exports.csv_table(10))


def error_of(folder: Path, data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(BadFileError) as caught:
        parse(folder, ("a.zip", data), limits=limits)
    return caught.value.key


def bomb(n_bytes: int, name: str = "endsong_0.json") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"[" + b" " * n_bytes + b"]")
    return out.getvalue()


def overlapping(entries: int) -> bytes:
    """One local file, and a directory whose entries all point at it."""
    data = zlib.compress(exports.csv_table(100), wbits=-15)
    size = len(exports.csv_table(100))
    crc = zlib.crc32(exports.csv_table(100))
    common = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0, crc, len(data), size)
    local = b"PK\x03\x04" + common + struct.pack("<HH", 5, 0) + b"a.csv" + data
    directory = b"".join(
        b"PK\x01\x02"
        + struct.pack("<H", 20)
        + common
        + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0)
        + b"a.csv"
        for _ in range(entries)
    )
    counts = struct.pack("<HHHHIIH", 0, 0, entries, entries, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + counts


def flagged_as_encrypted(data: bytes) -> bytes:
    """Set the encryption bit of every entry, in both headers."""
    changed = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + at] |= 1
            place = changed.find(mark, place + 4)
    return bytes(changed)


def test_a_bomb_is_refused_early(tmp_path: Path) -> None:
    assert error_of(tmp_path / "x", bomb(60_000_000)) == "import.error.bomb"


def test_a_bomb_beside_a_good_file_costs_itself_alone(tmp_path: Path) -> None:
    parsed = parse(tmp_path / "x", ("a.zip", bomb(10_000_000)), GOOD)
    assert parsed.rows == 10
    assert parsed.notes == ("endsong_0.json: import.note.bomb",)


def test_rows_of_a_refused_file_are_dropped(tmp_path: Path) -> None:
    rows = exports.csv_table(300)
    limits = Limits(ratio_from_bytes=40_000, ratio=10)
    data = exports.zipped([("a.csv", rows + b"listener0,same,same,2024-01-01,1\n" * 40_000)])
    assert error_of(tmp_path / "x", data, limits) == "import.error.bomb"


def test_entries_that_share_bytes_are_a_bomb(tmp_path: Path) -> None:
    assert parse(tmp_path / "one", ("a.zip", overlapping(1))).rows == 100
    assert error_of(tmp_path / "two", overlapping(2)) == "import.error.bomb"


def test_too_many_entries(tmp_path: Path) -> None:
    files = [(f"{i}.json", b"[]") for i in range(201)]
    assert error_of(tmp_path / "x", exports.zipped(files)) == "import.error.bomb"


def test_a_directory_as_large_as_a_library_is_not_even_read(tmp_path: Path) -> None:
    files = [("x" * 60_000 + str(i), b"") for i in range(20)]
    assert error_of(tmp_path / "x", exports.zipped(files)) == "import.error.bomb"


def test_nested_archives(tmp_path: Path) -> None:
    inner = exports.zipped([GOOD])
    data = exports.zipped([("inner.zip", inner)])
    assert error_of(tmp_path / "x", data) == "import.error.not_recognised"
    disguised = exports.zipped([("inner.json", inner)])
    assert error_of(tmp_path / "y", disguised) == "import.error.not_recognised"
    both = exports.zipped([GOOD, ("inner.zip", inner)])
    parsed = parse(tmp_path / "z", ("a.zip", both))
    assert parsed.notes == ("inner.zip: import.note.nested",)


def test_encrypted_archives(tmp_path: Path) -> None:
    data = flagged_as_encrypted(exports.spotify_account_zip(20))
    assert error_of(tmp_path / "x", data) == "import.error.encrypted"


@pytest.mark.parametrize("keep", [4, 30, 0.2, 0.5, 0.9, 0.999])
def test_truncated_archives(tmp_path: Path, keep: float) -> None:
    data = exports.spotify_account_zip(200)
    cut = data[: int(keep if keep > 1 else keep * len(data))]
    assert error_of(tmp_path / "x", cut) == "import.error.truncated"


def test_damage_inside_costs_the_entry_alone(tmp_path: Path) -> None:
    clean = exports.zipped([("b.csv", exports.csv_table(400)), GOOD])
    for place in range(40, len(clean) // 2, 97):
        data = bytearray(clean)
        data[place] ^= 0x55
        parsed = parse(tmp_path / str(place), ("a.zip", bytes(data)))
        assert parsed.rows == 10
        assert parsed.notes[0].startswith("b.csv: import.note.")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_could_ask_for_gigabytes_are_left_alone(tmp_path: Path, method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(*GOOD)
    assert error_of(tmp_path / "x", out.getvalue()) == "import.error.truncated"


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.csv",
        "/etc/evil.csv",
        "C:\\Windows\\evil.csv",
        "a/../../b/evil.csv",
        "x" * 4_000 + "/evil.csv",
        "nul\x00evil.csv",
        "new\nline.csv",
        "rtl\u202eevil.csv",
    ],
)
def test_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("a")
    info.filename = name
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"user,artist\na,x\nb,y\n")
        archive.writestr(*GOOD)
    folder = tmp_path / "deep" / "x"
    parsed = parse(folder, ("../../a.zip", out.getvalue()))
    everything = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    inside = {"raw", "raw/0000", "names.json", "staged.sqlite3"}
    assert everything == {"deep", "deep/x"} | {f"deep/x/{name}" for name in inside}
    assert len(staged(folder)) == 10
    for note in parsed.notes:
        assert note.isprintable()
        assert "/" not in note
        assert "\\" not in note


def test_an_archive_without_anything_readable(tmp_path: Path) -> None:
    data = exports.zipped([("photo.jpg", b"\xff\xd8"), ("Userdata.json", b"[]")])
    assert error_of(tmp_path / "x", data) == "import.error.not_recognised"
    assert error_of(tmp_path / "y", exports.zipped([])) == "import.error.not_recognised"


def test_an_unknown_name_is_read_by_its_content(tmp_path: Path) -> None:
    data = exports.zipped([("history (1).json", exports.listenbrainz_json(30))])
    assert parse(tmp_path / "x", ("a.zip", data)).rows == 30


def test_the_total_counts_over_all_entries(tmp_path: Path) -> None:
    data = exports.zipped([(f"{i}.csv", exports.csv_table(1_000)) for i in range(6)])
    parsed = parse(tmp_path / "x", ("a.zip", data), limits=Limits(total_bytes=300_000))
    assert parsed.rows == 3_000
    assert "import.note.too_large" in parsed.notes[0]
