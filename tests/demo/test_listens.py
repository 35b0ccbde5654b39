"""`make demo LISTENS=…`: whose history a file holds, and a demo made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.demo.listens import read_listens
from bot.demo.personas import NEWCOMER, YOU
from bot.demo.run import open_demo
from bot.demo.simulated import answers, buttons_of, text_of
from bot.domain.ids import MemberId
from bot.errors import SettingsError
from tests.worker import exports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROCK = ("Slowdive", "Ride", "Lush", "Pixies", "My Bloody Valentine", "Cocteau Twins")
SOUL = ("Marvin Gaye", "Al Green", "Otis Redding", "Aretha Franklin", "Curtis Mayfield")


def table(path: Path) -> Path:
    """Artists and play counts alone, as Last.fm's public data has them; Eve loves both kinds."""
    rows = ["listener,artist,plays"]
    loves = {"Ann": ROCK, "Ben": ROCK[:4], "Cyd": SOUL, "Dee": SOUL[:4], "Eve": ROCK[:3] + SOUL[:3]}
    for listener, artists in loves.items():
        rows += [f"{listener},{artist},{90 - 9 * n}" for n, artist in enumerate(artists)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def export_files(folder: Path) -> list[Path]:
    made = {
        "extended.zip": exports.spotify_extended_zip(300),
        "account.zip": exports.spotify_account_zip(300, seed=8),
        "listenbrainz.zip": exports.listenbrainz_zip(300, seed=9),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


def test_a_table_is_cut_by_its_listeners(tmp_path: Path) -> None:
    uploads = read_listens([table(tmp_path / "many.csv")])
    assert sorted(upload.member for upload in uploads) == ["Ann", "Ben", "Cyd", "Dee", "Eve"]
    ((_, data),) = next(u for u in uploads if u.member == "Cyd").files
    assert data.count(b"Cyd") == len(SOUL)
    assert b"Slowdive" not in data


def test_exports_are_yours(tmp_path: Path) -> None:
    paths = export_files(tmp_path)
    (mine,) = read_listens(paths)
    assert mine.member == YOU
    assert [name for name, _ in mine.files] == [path.name for path in paths]


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        read_listens([tmp_path / "missing.zip"])
    with pytest.raises(SettingsError, match="is a folder"):
        read_listens([tmp_path])


async def test_a_community_of_ones_own(tmp_path: Path, data_dir: Path) -> None:
    uploads = read_listens([table(tmp_path / "many.csv")])
    async with open_demo(data_dir, uploads) as demo:
        assert not demo.sample
        assert set(demo.simulation.members) == {"Ann", "Ben", "Cyd", "Dee", "Eve", NEWCOMER}
        info = demo.app.services.serving.info
        assert info is not None
        assert info.listeners == 5
        ann = demo.simulation.members["Ann"]
        first = await ann.slash(demo.simulation.channel, "recommend", private=True)
        up = next(i for i in buttons_of(first.response) if i.startswith("aux1:vote:"))
        receipt = await ann.click(first.response, custom_id=up)
        again = await ann.slash(demo.simulation.channel, "recommend", private=True)
        assert "→" in text_of(receipt.response)
        assert words(answers(again)) != words(answers(first))


async def test_exports_join_the_sample_community(tmp_path: Path, data_dir: Path) -> None:
    async with open_demo(data_dir, read_listens(export_files(tmp_path))) as demo:
        assert demo.sample
        you = demo.simulation.members[YOU]
        taste = await demo.app.services.taste.taste(MemberId(you.id))
        assert {s.source.value for s in taste.summary.sources} == {
            "spotify_extended",
            "spotify_account",
            "listenbrainz",
        }
        card = await you.slash(demo.simulation.channel, "recommend", private=True)
        assert sum(i.endswith(":up") for i in buttons_of(card.response)) == 5


def words(shown: Sequence[object]) -> str:
    return "\n".join(text_of(one) for one in shown)  # type: ignore[arg-type]
