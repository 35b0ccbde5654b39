"""What the settings say about the open sources, checked as a whole."""

from collections.abc import Collection
from dataclasses import dataclass, field

from bot.domain.sources import NAMES, OpenSource
from bot.errors import SettingsError
from bot.settings import Settings, secret


@dataclass(frozen=True, slots=True)
class OpenSources:
    """The sources that may be asked, as whom, and with what keys."""

    contact: str
    on: Collection[OpenSource]
    listenbrainz_token: str | None = field(default=None, repr=False)
    lastfm_key: str | None = field(default=None, repr=False)

    def asks(self, source: OpenSource) -> bool:
        """Return whether a source may be asked."""
        return source in self.on


def open_sources(settings: Settings) -> OpenSources | None:
    """Return the sources, None when none may be asked.

    Without a contact none is; naming sources and no contact is a mistake, because their operators
    ban whoever doesn't say who asks. Last.fm takes part only with a key.

    Raises
    ------
    SettingsError
        With one sentence, when settings that belong together don't fit.
    """
    token = secret(
        settings.listenbrainz_token, settings.listenbrainz_token_file, "AUXCORD_LISTENBRAINZ_TOKEN"
    )
    key = secret(settings.lastfm_key, settings.lastfm_key_file, "AUXCORD_LASTFM_KEY")
    named = settings.sources
    if not settings.contact:
        if named:
            raise SettingsError(
                "AUXCORD_CONTACT is missing: AUXCORD_SOURCES names services outside, and they want to "
                "know who asks. Set it to an e-mail address or a web page of yours."
            )
        return None
    if named is not None and OpenSource.LASTFM in named and key is None:
        raise SettingsError(
            "AUXCORD_LASTFM_KEY is missing: AUXCORD_SOURCES names lastfm, which needs a key. It is "
            "free: last.fm/api/account/create. Or take lastfm out."
        )
    on = frozenset(OpenSource) if named is None else named
    if key is None:
        on -= {OpenSource.LASTFM}
    if not on:
        return None
    return OpenSources(settings.contact, on, listenbrainz_token=token, lastfm_key=key)


def in_words(found: OpenSources | None) -> str:
    """Return which sources are asked, for a log line."""
    if found is None:
        return "none"
    return ", ".join(NAMES[source] for source in OpenSource if found.asks(source))


def secrets_of(chosen: OpenSources) -> dict[OpenSource, str]:
    """Return the keys and tokens that go with requests."""
    found = {
        OpenSource.LISTENBRAINZ: chosen.listenbrainz_token,
        OpenSource.LASTFM: chosen.lastfm_key,
    }
    return {source: secret for source, secret in found.items() if secret is not None}
