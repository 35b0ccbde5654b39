"""Which open sources are asked, and as whom."""

from pathlib import Path

import pytest

from bot.app import open_app
from bot.domain.sources import OpenSource
from bot.errors import SettingsError
from bot.open_sources import in_words, open_sources
from bot.settings import Settings, load_settings

ME = "ana@example.org"


def made(**values: object) -> Settings:
    return load_settings(_env_file=None, **values)


def test_without_a_contact_nothing_is_asked():
    assert open_sources(made()) is None
    assert open_sources(made(sources="none")) is None
    assert in_words(None) == "none"


def test_with_a_contact_all_are_asked_lastfm_only_with_a_key():
    found = open_sources(made(contact=ME))
    assert found is not None
    assert set(found.on) == set(OpenSource) - {OpenSource.LASTFM}
    keyed = open_sources(made(contact=ME, lastfm_key="k"))
    assert keyed is not None
    assert set(keyed.on) == set(OpenSource)
    assert "Last.fm" in in_words(keyed)


def test_each_can_be_switched_off():
    found = open_sources(made(contact=ME, sources="deezer, MusicBrainz"))
    assert found is not None
    assert set(found.on) == {OpenSource.DEEZER, OpenSource.MUSICBRAINZ}
    assert open_sources(made(contact=ME, sources="none")) is None


async def test_a_source_without_a_contact_is_refused_at_start(tmp_path: Path):
    settings = made(sources="deezer", data_dir=tmp_path)
    with pytest.raises(SettingsError, match="AUXCORD_CONTACT is missing"):
        async with open_app(settings):
            pass


def test_lastfm_by_name_without_a_key_is_refused():
    with pytest.raises(SettingsError, match="AUXCORD_LASTFM_KEY is missing"):
        open_sources(made(contact=ME, sources="lastfm"))


def test_wrong_values_are_refused_with_their_name(tmp_path: Path):
    with pytest.raises(SettingsError, match="AUXCORD_SOURCES"):
        made(sources="deezer,spotify")
    with pytest.raises(SettingsError, match="AUXCORD_CONTACT"):
        made(contact="ana@example.org\r\nX: y")


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("canary\n")
    found = open_sources(made(contact=ME, lastfm_key_file=file, listenbrainz_token="canary2"))
    assert found is not None
    assert (found.lastfm_key, found.listenbrainz_token) == ("canary", "canary2")
    assert "canary" not in repr(found)
