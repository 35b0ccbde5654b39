"""Facts beside the atlas: nothing is overwritten, nothing is asked twice, who waits comes first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.adapters.sqlite.coverage import read_coverage
from bot.adapters.sqlite.training_rows import read_training
from bot.domain.enrichment import Coverage, Facts, Sound, Tag, Task, TaskState
from bot.domain.music import Artwork, ArtworkSource
from bot.worker.refit import catalogue_of
from tests.adapters.sqlite.stage import (
    ANA,
    ARTISTS,
    NOW,
    NOW_MS,
    bring_in,
    find,
    row,
    show,
    write_atlas,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bot.adapters.sqlite.database import Database

LATER = NOW + timedelta(days=30)
MBID = "5b5bd600-0000-4000-8000-00000000000"


async def due(database: Database, task: Task, *, at=NOW, limit: int = 100) -> list[str]:
    found = await database.enrichment.due(task, limit=limit, at=at)
    return [one.title or one.artist for one in found]


async def tell(database: Database, task: Task, name: str, facts: Facts | None) -> int:
    (subject,) = await find(database, name)
    id_ = subject.track.id if subject.track else subject.artist.id
    return await database.enrichment.save(task, {id_: (facts, LATER)})


async def tags(database: Database, name: str) -> tuple[str, ...]:
    (subject,) = await find(database, name)
    return subject.artist.tags


def tagged(*names: str, genre: bool = True) -> Facts:
    return Facts(tags=tuple(Tag(name, 1 / n, genre) for n, name in enumerate(names, start=1)))


async def test_tags_of_a_source_come_after_the_atlas_and_never_in_its_place(database: Database):
    assert await tell(database, Task.ARTIST_GENRES, "queen", tagged("opera", "rock")) == 1
    assert await tags(database, "queen") == ("rock", "glam rock", "opera")
    assert await tell(database, Task.ARTIST_TAGS, "queen", tagged("glam-rock", "pop")) == 1
    assert await tags(database, "queen") == ("rock", "glam rock", "opera", "pop")


async def test_a_source_replaces_only_what_it_said_itself(database: Database):
    await tell(database, Task.ARTIST_GENRES, "queen", tagged("opera"))
    await tell(database, Task.ARTIST_TAGS, "queen", tagged("pop"))
    assert await tell(database, Task.ARTIST_GENRES, "queen", tagged("cabaret")) == 1
    assert await tags(database, "queen") == ("rock", "glam rock", "pop", "cabaret")
    assert await tell(database, Task.ARTIST_GENRES, "queen", tagged("cabaret")) == 0
    assert await tell(database, Task.ARTIST_GENRES, "queen", Facts(tags=())) == 0
    assert await tell(database, Task.ARTIST_GENRES, "queen", None) == 0
    assert await tags(database, "queen") == ("rock", "glam rock", "pop", "cabaret")


async def test_words_that_nobody_knows_as_a_style_are_left_out(database: Database):
    await tell(database, Task.ARTIST_TAGS, "queen", tagged("seen live", "Dream-Pop", genre=False))
    assert await tags(database, "queen") == ("rock", "glam rock", "dream pop")


async def test_a_new_version_of_the_atlas_keeps_what_sources_said(
    database: Database, tmp_path: Path
):
    await tell(database, Task.ARTIST_GENRES, "queen", tagged("opera", "cabaret"))
    newer = ARTISTS.replace("rock;glam rock", "rock;opera")
    assert await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas", artists=newer))
    assert await tags(database, "queen") == ("rock", "opera", "cabaret")


async def test_the_atlas_keeps_its_year_and_the_better_source_wins(database: Database):
    assert await tell(database, Task.DEEZER_TRACK, "alison", Facts(year=2010)) == 0
    (alison,) = await find(database, "alison")
    assert alison.track is not None
    assert alison.track.year == 1993
    await bring_in(database, ANA, [row("Slowdive", "Souvlaki Space Station")])
    for task, year, changed, known in (
        (Task.DEEZER_TRACK, 2010, 1, 2010),
        (Task.RECORDING, 1993, 1, 1993),
        (Task.DEEZER_TRACK, 2005, 0, 1993),
        (Task.RECORDING, 1994, 1, 1994),
    ):
        assert await tell(database, task, "souvlaki", Facts(year=year)) == changed
        (found,) = await find(database, "souvlaki")
        assert found.track is not None
        assert found.track.year == known


async def test_ids_lead_to_exact_links_and_to_the_next_question(database: Database):
    assert await due(database, Task.SOUND) == []
    assert await due(database, Task.RECORDING) == []
    assert await due(database, Task.ARTIST_GENRES) == []
    await tell(
        database,
        Task.DEEZER_TRACK,
        "alison",
        Facts(deezer_id="12", isrc="GBAAA9300001", spotify_id="s" * 22, artist_deezer_id="3"),
    )
    await tell(
        database, Task.RECORDING_ID, "alison", Facts(mbid=f"{MBID}1", artist_mbid=f"{MBID}2")
    )
    (alison,) = await find(database, "alison")
    assert alison.track is not None
    assert (alison.track.deezer_id, alison.track.spotify_id) == ("12", "s" * 22)
    (wanted,) = await database.enrichment.due(Task.SOUND, limit=9, at=NOW)
    assert (wanted.isrc, wanted.mbid, wanted.artist_mbid) == (
        "GBAAA9300001",
        f"{MBID}1",
        f"{MBID}2",
    )
    assert await due(database, Task.RECORDING) == ["Alison"]
    assert await due(database, Task.ARTIST_GENRES) == ["Slowdive"]
    assert "Slowdive" not in await due(database, Task.ARTIST_ID)


async def test_an_id_that_another_track_has_stays_there(database: Database):
    for title in ("alison", "hey jude"):
        await tell(database, Task.DEEZER_TRACK, title, Facts(deezer_id="12"))
    alison, jude = await find(database, "alison", "hey jude")
    assert alison.track is not None
    assert jude.track is not None
    assert (alison.track.deezer_id, jude.track.deezer_id) == ("12", None)


async def test_what_members_met_is_asked_about_first(database: Database):
    await bring_in(database, ANA, [row("Daft Punk", "Around the World"), row("Nobody", "Else")])
    await show(database, "hey jude")
    (slowdive,) = await find(database, "slowdive")
    await database.listens.set_picks(ANA, [slowdive.artist.id], at=NOW)
    shown, *heard = (await due(database, Task.DEEZER_TRACK))[:3]
    assert (shown, set(heard)) == ("Hey Jude", {"Around the World", "Else"})
    of_met = (await due(database, Task.DEEZER_TRACK))[3:5]
    assert set(of_met) == {"One More Time", "Alison"}
    artists = await due(database, Task.ARTIST_ID)
    assert set(artists[:4]) == {"Daft Punk", "Nobody", "The Beatles", "Slowdive"}
    assert len(artists) == 7


async def test_an_answer_stands_until_it_expires_nothing_found_included(database: Database):
    await tell(database, Task.DEEZER_TRACK, "alison", None)
    await tell(database, Task.DEEZER_TRACK, "hey jude", Facts(deezer_id="1"))
    for title in ("Alison", "Hey Jude"):
        assert title not in await due(database, Task.DEEZER_TRACK)
        assert title in await due(database, Task.DEEZER_TRACK, at=LATER)
    again = await database.enrichment.due(Task.DEEZER_TRACK, limit=99, at=LATER)
    misses = {one.title: one.misses for one in again}
    assert (misses["Alison"], misses["Hey Jude"]) == (1, 0)
    assert misses == dict.fromkeys(misses, 0) | {"Alison": 1}


async def test_what_could_not_be_used_is_put_off_and_nothing_else(database: Database):
    await tell(database, Task.DEEZER_TRACK, "alison", Facts(deezer_id="1"))
    (alison,) = await find(database, "alison")
    assert alison.track is not None
    await database.enrichment.postpone(
        Task.DEEZER_TRACK, {alison.track.id: LATER + timedelta(days=1), 999_999: LATER}
    )
    assert "Alison" not in await due(database, Task.DEEZER_TRACK, at=LATER)
    assert (await find(database, "alison")) == [alison]


async def test_what_is_forgotten_meanwhile_is_passed_over_and_takes_its_facts_along(
    database: Database,
):
    await database.members.agree(ANA, version=1, at=NOW)
    await bring_in(database, ANA, [row("Zwielicht", "Nachtbus")])
    (wanted,) = await database.enrichment.due(Task.DEEZER_TRACK, limit=1, at=NOW)
    assert wanted.title == "Nachtbus"
    facts = Facts(
        isrc="DEAAA9300001",
        sound=Sound(energy=0.5),
        artwork=((ArtworkSource.DEEZER, "https://a/b"),),
        tags=(Tag("dark wave", 1.0, True),),
    )
    await database.enrichment.save(Task.DEEZER_TRACK, {wanted.id: (facts, LATER)})
    await database.enrichment.save(Task.RECORDING, {wanted.id: (facts, LATER)})
    await database.members.erase(ANA, at=NOW)
    assert await database.enrichment.save(Task.SOUND, {wanted.id: (facts, LATER)}) == 0
    await database.enrichment.postpone(Task.SOUND, {wanted.id: LATER})

    def left(raw) -> dict[str, int]:
        tables = ("track_lookups", "artist_lookups", "track_sound", "track_artwork", "track_ids")
        return {t: raw.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}  # noqa: S608

    assert set((await database.readers.run(left)).values()) == {0}


async def test_how_a_question_fares_is_kept(database: Database):
    assert await database.enrichment.state(Task.SOUND) == TaskState()
    state = TaskState(LATER, 3, "OutageError")
    await database.enrichment.set_state(Task.SOUND, state)
    assert await database.enrichment.state(Task.SOUND) == state
    assert await database.enrichment.state(Task.RECORDING) == TaskState()
    await database.enrichment.set_state(Task.SOUND, TaskState())
    assert await database.enrichment.state(Task.SOUND) == TaskState()


def shares(found: Coverage, part: str = "everything") -> dict[str, tuple[int, int]]:
    return {one.name: (one.known, one.all) for one in getattr(found, part)}


async def test_coverage_counts_each_feature_of_all_and_of_what_members_met(database: Database):
    await bring_in(database, ANA, [row("Slowdive", "Alison"), row("Nobody", "Else")])
    assert shares(await database.enrichment.coverage(), "touched")["year"] == (1, 2)
    facts = Facts(
        mbid=f"{MBID}1",
        artist_mbid=f"{MBID}2",
        isrc="GBAAA9300001",
        deezer_id="12",
        sound=Sound(valence=0.1),
        artwork=((ArtworkSource.DEEZER, "https://a/b"),),
    )
    await tell(database, Task.DEEZER_TRACK, "alison", facts)
    await tell(database, Task.ARTIST_GENRES, "slowdive", tagged("nu gaze"))
    (alison,) = await find(database, "alison")
    assert alison.track is not None
    assert alison.track.artwork == Artwork(ArtworkSource.DEEZER, "https://a/b")
    found = await database.enrichment.coverage()
    assert shares(found) == {
        "tags": (6, 7),
        "tags of an open source": (1, 7),
        "artist MBID": (1, 7),
        "recording MBID": (1, 7),
        "ISRC": (1, 7),
        "year": (6, 7),
        "audio features": (1, 7),
        "artwork": (1, 7),
        "exact link": (1, 7),
    }
    assert shares(found, "touched") == {
        "tags": (1, 2),
        "tags of an open source": (1, 2),
        "artist MBID": (1, 2),
        "recording MBID": (1, 2),
        "ISRC": (1, 2),
        "year": (1, 2),
        "audio features": (1, 2),
        "artwork": (1, 2),
        "exact link": (1, 2),
    }
    assert read_coverage(database.path) == found
    assert str(found.everything[0]) == "tags 6 of 7 (86 %)"


async def test_the_trainer_gets_sound_tags_and_years(database: Database):
    sound = Sound(energy=0.8, valence=0.1, loudness=-7.0, tempo=90.0, key=3)
    await tell(database, Task.SOUND, "alison", Facts(sound=sound))
    await tell(database, Task.SOUND, "hey jude", Facts(sound=Sound(energy=0.3, tempo=180.0)))
    await tell(database, Task.ARTIST_GENRES, "!!!", tagged("punk funk"))
    rows = read_training(database.path, now_ms=NOW_MS)
    assert rows.item_sound.shape == (len(rows.item_keys), 9)
    catalogue = catalogue_of(rows)
    assert "punk funk" in catalogue.tag_names
    assert catalogue.features is not None
    known = ~np.isnan(catalogue.features).all(axis=1)
    alison, jude = await find(database, "alison", "hey jude")
    assert set(rows.item_keys[known].tolist()) == {alison.key, jude.key}
    at_ = [int(np.flatnonzero(rows.item_keys == key)[0]) for key in (alison.key, jude.key)]
    tempo = catalogue.features[at_, -2:]
    assert tempo[0] == pytest.approx(tempo[1], abs=1e-5), "twice the tempo is the same beat"
    assert catalogue.features.shape[1] == 5, "what nobody measured is no column"


async def test_without_any_sound_there_is_no_such_part(database: Database):
    assert catalogue_of(read_training(database.path, now_ms=NOW_MS)).features is None


async def test_what_became_known_is_pending_until_a_training_has_seen_it(database: Database):
    from tests.adapters.sqlite.test_models import INFO

    assert (await database.models.pending()).enriched == 0
    await tell(database, Task.ARTIST_GENRES, "queen", tagged("opera"))
    await tell(database, Task.DEEZER_TRACK, "alison", Facts(deezer_id="9"))
    await tell(database, Task.SOUND, "alison", Facts(sound=Sound(energy=0.5)))
    assert (await database.models.pending()).enriched == 2
    rows = read_training(database.path, now_ms=NOW_MS)
    await database.models.publish(INFO, folder="a", row_cut=rows.row_cut)
    assert (await database.models.pending()).enriched == 0
