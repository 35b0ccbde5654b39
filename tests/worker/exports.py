"""Made-up exports that look like the real ones: same names, fields, order and sizes, fixed seed.

Each function returns `(file name, bytes)` pairs or one ZIP file's bytes. Nobody's listening is in
them: artists and titles are drawn from syllables.
"""

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

FIRST_PLAY = datetime(2021, 3, 1, 6, 30, tzinfo=UTC)
SPAN = timedelta(days=5 * 365)
"""However many plays: pauses shrink where they would lead into the future."""
ROWS_PER_EXTENDED_FILE = 16_000
ROWS_PER_ACCOUNT_FILE = 10_000

Files = list[tuple[str, bytes]]

_SYLLABLES = (
    *("ka", "lo", "mi", "ren", "sto", "vel", "ari", "dun", "os", "pe", "qui", "tha", "zu", "nor"),
    *("él", "ø", "ü", "ね", "ми"),
)
_ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class FakePlay:
    """One play of the made-up listener, to be written in any format."""

    ended_at: datetime
    ms_played: int
    artist: str
    title: str
    album: str
    track_id: str
    mbid: str
    reason_end: str


def fake_plays(n: int, *, seed: int = 7, artists: int = 400) -> list[FakePlay]:
    """Return n plays, oldest first: few artists often, many seldom; one in seven skipped.

    They lie within `SPAN` of `FIRST_PLAY` and no two overlap.
    """
    rng = random.Random(seed)  # noqa: S311  # drawn, not secret
    songs = _songs(seed, artists)
    drawn = []
    for _ in range(n):
        artist, own = songs[min(int(rng.paretovariate(0.6)) - 1, artists - 1)]
        song = rng.choice(own)
        skipped = rng.random() < 0.14
        ms = rng.randint(1_000, 29_000) if skipped else rng.randint(95_000, 420_000)
        drawn.append((artist, song, skipped, ms, rng.choice((1, 1, 1, 2, 400, 20_000))))
    room_s = SPAN.total_seconds() - sum(ms // 1000 + 1 for _, _, _, ms, _ in drawn)
    if room_s < 0:
        raise ValueError(f"{n} plays do not fit into {SPAN}")
    shrunk = min(1.0, room_s / max(sum(pause_s for *_, pause_s in drawn), 1))
    plays = []
    at = FIRST_PLAY
    for artist, (title, album, track_id, mbid), skipped, ms, pause_s in drawn:
        at += timedelta(seconds=ms // 1000 + 1 + int((pause_s - 1) * shrunk))  # whole seconds
        reason = "fwdbtn" if skipped else "trackdone"
        plays.append(FakePlay(at, ms, artist, title, album, track_id, mbid, reason))
    return plays


@lru_cache(maxsize=4)
def _songs(seed: int, artists: int) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """Return artists with their songs: title, album and two ids each."""
    rng = random.Random(seed)  # noqa: S311  # drawn, not secret
    return [
        (
            _name(rng, 2, 4),
            [
                (
                    _name(rng, 2, 6),
                    _name(rng, 1, 4),
                    "".join(rng.choices(_ID_LETTERS, k=22)),
                    _uuid(rng),
                )
                for _ in range(rng.randint(3, 30))
            ],
        )
        for _ in range(artists)
    ]


def extended_rows(plays: Sequence[FakePlay]) -> list[dict[str, object]]:
    """Return rows of the extended streaming history."""
    return [
        {
            "ts": play.ended_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "platform": "Android OS 13 API 33 (Somebrand, SB-1234)",
            "ms_played": play.ms_played,
            "conn_country": "NL",
            "ip_addr": "192.0.2.17",
            "master_metadata_track_name": play.title,
            "master_metadata_album_artist_name": play.artist,
            "master_metadata_album_album_name": play.album,
            "spotify_track_uri": f"spotify:track:{play.track_id}",
            "episode_name": None,
            "episode_show_name": None,
            "spotify_episode_uri": None,
            "audiobook_title": None,
            "audiobook_uri": None,
            "audiobook_chapter_uri": None,
            "audiobook_chapter_title": None,
            "reason_start": "trackdone",
            "reason_end": play.reason_end,
            "shuffle": False,
            "skipped": play.reason_end == "fwdbtn",
            "offline": False,
            "offline_timestamp": 1_664_000_000,
            "incognito_mode": False,
        }
        for play in plays
    ]


def account_rows(plays: Sequence[FakePlay]) -> list[dict[str, object]]:
    """Return rows of the account data's streaming history."""
    return [
        {
            "endTime": play.ended_at.strftime("%Y-%m-%d %H:%M"),
            "artistName": play.artist,
            "trackName": play.title,
            "msPlayed": play.ms_played,
        }
        for play in plays
    ]


def listenbrainz_rows(plays: Sequence[FakePlay]) -> list[dict[str, object]]:
    """Return rows of a ListenBrainz export; every fifth was not matched by the server."""
    return [
        {
            "listened_at": int(play.ended_at.timestamp()) - play.ms_played // 1000,
            "inserted_at": play.ended_at.timestamp() + 0.25,
            "track_metadata": {
                "artist_name": play.artist,
                "track_name": play.title,
                "release_name": play.album,
                "recording_msid": play.mbid,
                "additional_info": {
                    "duration_ms": play.ms_played,
                    "submission_client": "some player",
                    "artist_mbids": [],
                },
                "mbid_mapping": None
                if i % 5 == 0
                else {"recording_mbid": play.mbid, "artists": []},
            },
        }
        for i, play in enumerate(plays)
    ]


def spotify_extended(n: int, *, seed: int = 7) -> Files:
    """Return the audio files of an extended streaming history."""
    return [
        (f"Streaming_History_Audio_{part[0].ended_at.year}_{i}.json", _json(extended_rows(part)))
        for i, part in enumerate(_parts(fake_plays(n, seed=seed), ROWS_PER_EXTENDED_FILE))
    ]


def spotify_extended_zip(n: int, *, seed: int = 7) -> bytes:
    """Return the whole download: audio files, a video file and the PDF."""
    folder = "Spotify Extended Streaming History/"
    files = [(folder + name, data) for name, data in spotify_extended(n, seed=seed)]
    files.append((folder + "Streaming_History_Video_2021.json", b"[]"))
    files.append((folder + "ReadMeFirst_ExtendedStreamingHistory.pdf", b"%PDF-1.7 read me"))
    return zipped(files)


def spotify_account(n: int, *, seed: int = 7) -> Files:
    """Return the music files of the account data."""
    return [
        (f"StreamingHistory_music_{i}.json", _json(account_rows(part)))
        for i, part in enumerate(_parts(fake_plays(n, seed=seed), ROWS_PER_ACCOUNT_FILE))
    ]


def spotify_account_zip(n: int, *, seed: int = 7) -> bytes:
    """Return the whole download, private files included."""
    folder = "Spotify Account Data/"
    files = [(folder + name, data) for name, data in spotify_account(n, seed=seed)]
    podcast = {"endTime": "2021-05-01 10:00", "podcastName": "P", "episodeName": "E", "msPlayed": 1}
    files.append((folder + "StreamingHistory_podcast_0.json", _json([podcast])))
    files.append((folder + "Userdata.json", _json({"username": "canary-user"})))
    files.append((folder + "Payments.json", _json({"payment_method": "canary-card"})))
    files.append((folder + "Playlist1.json", _json({"playlists": []})))
    return zipped(files)


def listenbrainz_zip(n: int, *, seed: int = 7) -> bytes:
    """Return an export with listens/YYYY/M.jsonl."""
    months: dict[str, list[bytes]] = {}
    plays = fake_plays(n, seed=seed)
    for play, row in zip(plays, listenbrainz_rows(plays), strict=True):
        name = f"listens/{play.ended_at.year}/{play.ended_at.month}.jsonl"
        months.setdefault(name, []).append(json.dumps(row).encode() + b"\n")
    files = [("user.json", b'{"user_id": 1, "username": "canary-user"}\n')]
    files += [(name, b"".join(lines)) for name, lines in months.items()]
    files.append(("feedback.jsonl", b'{"recording_mbid": null, "score": 1, "created": 1}\n'))
    return zipped(files)


def listenbrainz_json(n: int, *, seed: int = 7) -> bytes:
    """Return an export of the older form: one array."""
    return _json(listenbrainz_rows(fake_plays(n, seed=seed)))


def csv_table(n: int, *, listeners: int = 1, seed: int = 7, delimiter: str = ",") -> bytes:
    """Return a table with all five columns."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter)
    table.writerow(("listener", "artist", "track", "played_at", "plays"))
    for i, play in enumerate(fake_plays(n, seed=seed)):
        when = play.ended_at.isoformat()
        table.writerow((f"listener{i % listeners}", play.artist, play.title, when, 1))
    return out.getvalue().encode()


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a deflated ZIP file with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _parts(plays: Sequence[FakePlay], size: int) -> Iterable[Sequence[FakePlay]]:
    return (plays[i : i + size] for i in range(0, len(plays), size))


def _name(rng: random.Random, low: int, high: int) -> str:
    words = (
        "".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(rng.randint(low, high))
    )
    return " ".join(words).title()


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
