"""One recording under many names, and many under nearly one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.identity import Known, bare_title, flags, likeness, song_key
from recsys.names import name_key

SAME = [
    ("Help!", "Help! - Remastered 2009"),
    ("Help!", "Help! (2009 Remaster)"),
    ("Help!", "Help! [Remastered]"),
    ("Help!", "Help! - 2009 Digital Remaster"),
    ("Help!", "Help! (Mono)"),
    ("Help!", "Help! - Mono / Remastered"),
    ("Help!", "Help! (Stereo Mix)"),
    ("Alison", "Alison (Deluxe Edition)"),
    ("Alison", "Alison - Bonus Track"),
    ("Alison", "Alison (Album Version)"),
    ("Alison", "Alison - Single Version"),
    ("Alison", "Alison (Explicit)"),
    ("Stay", "Stay (feat. Mikky Ekko)"),
    ("Stay", "Stay feat. Mikky Ekko"),
    ("Stay", "Stay ft. Mikky Ekko"),
    ("Stay", "Stay (with Mikky Ekko)"),
    ("Stay", "Stay (feat. A) [2011 Remaster]"),
    ("Skyfall", 'Skyfall - From "Skyfall"'),
    ("Skyfall", "Skyfall (Original Motion Picture Soundtrack)"),
    ("Song (Live)", "Song - Live"),
    ("Song - Live", "Song - Live; 2011 Remaster"),
    ("Don't Stop", "Don’t Stop"),
    ("Café", "Cafe"),
]
DIFFERENT = [
    ("Song", "Song (Live)"),
    ("Song", "Song - Live at Wembley"),
    ("Song (Live at Wembley)", "Song (Live in Paris)"),
    ("Song", "Song (Acoustic)"),
    ("Song", "Song - Demo"),
    ("Song", "Song (Four Tet Remix)"),
    ("Song (Four Tet Remix)", "Song (Burial Remix)"),
    ("Song", "Song - Radio Edit"),
    ("Song", "Song (Extended)"),
    ("Song", "Song (Instrumental)"),
    ("Song", "Song (Karaoke Version)"),
    ("Song", "Song (Sped Up)"),
    ("Song", "Song (Taylor's Version)"),
    ("Song", "Song (Mixed)"),
    ("Song, Pt. 1", "Song, Pt. 2"),
    ("Love", "Love Me Do"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_releases_call_differently_is_one_song(one, other):
    assert song_key(one) == song_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_take_is_another_song(one, other):
    assert song_key(one) != song_key(other)
    ours, theirs = Known("Band", one, 200_000), Known("Band", other, 200_000)
    assert likeness(ours, theirs) is None


@pytest.mark.parametrize(
    "title",
    [
        "(I Can't Get No) Satisfaction",
        "Mono",
        "Live",
        "Remastered",
        "(Remastered)",
        "Live Forever",
        "Demo",
        "!!!",
        "- - -",
        "From the Ritz to the Rubble",
        "With or Without You",
        "Featherweight",
        "1979",
        "夜に駆ける",
    ],
)
def test_titles_that_look_like_notes_stay_whole(title):
    assert bare_title(title) == title
    assert song_key(title) == name_key(title)


@given(st.text(min_size=1, max_size=60))
def test_a_song_always_has_a_key_and_it_is_its_own(title):
    key = song_key(title)
    assert bool(key) == bool(name_key(title))
    assert song_key(bare_title(title)) == key or "(" in title or "[" in title or " " in title


def test_a_live_forever_is_not_live():
    assert flags("Live Forever") == frozenset()
    assert flags("Song - Live at Wembley") == {"live"}


def known(title="Alison", artist="Slowdive", length=231_000, **ids) -> Known:
    return Known(artist, title, length, **ids)


@pytest.mark.parametrize(
    "theirs",
    [
        known("Alison - Remastered"),
        known(length=233_500),
        known(artist="slowdive "),
        known("Allison"),
        known(artist="Slowdive feat. Somebody"),
        known(length=None),
        known("Something else", "Nobody", 1, isrc="QZAUX0000001"),
        known("Else", "Nobody", 1, mbid="m"),
    ],
)
def test_these_are_the_same(theirs):
    ours = known(isrc="QZAUX0000001", mbid="m") if theirs.isrc or theirs.mbid else known()
    assert likeness(ours, theirs) is not None


@pytest.mark.parametrize(
    "theirs",
    [
        known(length=290_000),
        known(artist="Grouper"),
        known("Alice"),
        known("Allison", length=None),
        known("Alison (Live)"),
        known("Alison II"),
        known(artist="Various Cover Stars"),
    ],
)
def test_these_are_not(theirs):
    assert likeness(known(), theirs) is None


def test_bands_with_commas_and_ampersands_are_found_whole_and_split():
    assert likeness(known(artist="Earth, Wind & Fire"), known(artist="Earth, Wind & Fire"))
    assert likeness(known(artist="Simon & Garfunkel"), known(artist="Simon and Garfunkel"))
    assert likeness(known(artist="Drake"), known(artist="Drake, Rihanna"))


def test_an_id_that_differs_proves_nothing():
    assert likeness(known(isrc="A"), known(isrc="B"))
