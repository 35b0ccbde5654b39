"""Where ListenBrainz publishes what its users play: one archive per day, and its hash beside it."""

import re
from dataclasses import dataclass
from typing import Final

from bot.adapters.http.downloads import Downloads
from bot.errors import DownloadError

DUMPS: Final = "https://data.metabrainz.org/pub/musicbrainz/listenbrainz"
SOURCE: Final = "ListenBrainz listens"
LICENCE: Final = "CC0 1.0"
DUMP_NAME: Final = re.compile(r"listenbrainz-listens-dump-\d+-\d{8}-\d{6}-\w+\.tar\.zst")
_FOLDER: Final = re.compile(r'href="listenbrainz-dump-((\d+)-\d{8}-\d{6}-incremental)/?"')
_HASH: Final = re.compile(r"\b([0-9a-fA-F]{64})\b")


@dataclass(frozen=True, slots=True)
class Dump:
    """One day's listens."""

    url: str
    name: str
    sha256: str


async def newest_dumps(downloads: Downloads, base: str, days: int) -> list[Dump]:
    """Find the newest days, newest first.

    Raises
    ------
    DownloadError
        When the listing can't be read, or an archive has no hash.
    """
    folder = f"{base}/incremental/"
    listed = {int(n): rest for rest, n in _FOLDER.findall(await downloads.text(folder))}
    if not listed:
        raise DownloadError(f"{folder} lists no dump")
    found = []
    for number in sorted(listed, reverse=True)[:days]:
        name = f"listenbrainz-listens-dump-{listed[number]}.tar.zst"
        url = f"{folder}listenbrainz-dump-{listed[number]}/{name}"
        told = _HASH.search(await downloads.text(f"{url}.sha256"))
        if told is None:
            raise DownloadError(f"{url}.sha256 holds no hash")
        found.append(Dump(url, name, told[1].lower()))
    return found
