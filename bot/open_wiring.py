"""Puts the open sources together; what they need is imported only where they are switched on."""

import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.adapters.http.addresses import OpenAddresses
from bot.domain.sources import OpenSource
from bot.open_sources import OpenSources, in_words, open_sources, secrets_of
from bot.ports import Clock
from bot.ports.candidates import CandidateSource
from bot.ports.doors import NameDoor
from bot.ports.enrichment import EnrichmentStore, FactSource
from bot.services import Services
from bot.services.enrichment import EnrichmentService, Lane
from bot.services.upkeep import Chore
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.http.clients import Clients

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenDoors:
    """What runs in the background for the open sources."""

    tasks: tuple[tuple[str, Coroutine[Any, Any, None]], ...] = ()
    chores: tuple[Chore, ...] = ()


@asynccontextmanager
async def open_doors(
    settings: Settings,
    *,
    services: Services,
    store: EnrichmentStore,
    clock: Clock,
    addresses: OpenAddresses,
) -> AsyncIterator[OpenDoors]:
    """Open what the settings allow until the block ends; without a contact nothing is asked.

    Raises
    ------
    SettingsError
        When settings that belong together don't fit.
    """
    chosen = open_sources(settings)
    log.info("open sources that are asked: %s", in_words(chosen))
    if chosen is None:
        yield OpenDoors()
        return
    from bot.adapters.http.clients import open_clients

    secrets = secrets_of(chosen)
    async with open_clients(chosen.contact, secrets, addresses, version=__version__) as clients:
        reader = services.doors.reader
        for door in _named(chosen, clients):
            reader.open(door)
        tasks: list[tuple[str, Coroutine[Any, Any, None]]] = []
        if reader.doors:
            tasks.append(("names", reader.run()))
        lanes = [
            Lane(source, store=store, training=services.training, clock=clock)
            for source in fact_sources(chosen, clients, addresses)
        ]
        if lanes:
            tasks.append(("enrichment", EnrichmentService(lanes, store=store).run()))
        if chosen.asks(OpenSource.DEEZER):
            from bot.adapters.http.facts.deezer import DeezerTracks

            services.previews.open(DeezerTracks(clients.deezer, pages=addresses.deezer_pages))
        if chosen.asks(OpenSource.ITUNES):
            from bot.adapters.http.itunes import ITunesPreviews

            services.previews.open(ITunesPreviews(clients.itunes))
        candidates = services.candidates
        for source in _candidate_sources(chosen, clients):
            candidates.open(source)
        if candidates.sources:
            tasks.append(("candidates", candidates.run()))
        yield OpenDoors(tuple(tasks))


def _named(chosen: OpenSources, clients: "Clients") -> Iterator[NameDoor]:
    """Return the doors that take a name."""
    if chosen.asks(OpenSource.LISTENBRAINZ):
        from bot.adapters.http.listenbrainz import ListenBrainzDoor

        yield ListenBrainzDoor(clients.listenbrainz)
    if chosen.asks(OpenSource.LASTFM):
        from bot.adapters.http.lastfm import LastFmDoor

        yield LastFmDoor(clients.lastfm)


def fact_sources(
    chosen: OpenSources, clients: "Clients", addresses: OpenAddresses
) -> Iterator[FactSource]:
    """Return what may be asked about artists and tracks."""
    if chosen.asks(OpenSource.LISTENBRAINZ):
        from bot.adapters.http.facts.recordings import RecordingIds, Recordings

        yield RecordingIds(clients.labs)
        yield Recordings(clients.listenbrainz, covers=addresses.covers)
    if chosen.asks(OpenSource.DEEZER):
        from bot.adapters.http.facts.deezer import DeezerTracks

        yield DeezerTracks(clients.deezer)
    if chosen.asks(OpenSource.RECCOBEATS):
        from bot.adapters.http.facts.reccobeats import Sounds

        yield Sounds(clients.reccobeats)
    if chosen.asks(OpenSource.MUSICBRAINZ):
        from bot.adapters.http.facts.musicbrainz import ArtistGenres, ArtistIds

        yield ArtistIds(clients.musicbrainz)
        yield ArtistGenres(clients.musicbrainz)
    if chosen.asks(OpenSource.LASTFM):
        from bot.adapters.http.facts.lastfm import ArtistTags

        yield ArtistTags(clients.lastfm)


def _candidate_sources(chosen: OpenSources, clients: "Clients") -> Iterator[CandidateSource]:
    """Return whoever may be asked for artists beyond the pool."""
    if chosen.asks(OpenSource.LISTENBRAINZ):
        from bot.adapters.http.candidates.listenbrainz import (
            Labs,
            ListenBrainzArtists,
            ListenBrainzRecordings,
        )

        labs = Labs(clients.labs)
        yield ListenBrainzArtists(labs, clients.listenbrainz)
        yield ListenBrainzRecordings(labs)
    if chosen.asks(OpenSource.LASTFM):
        from bot.adapters.http.candidates.lastfm import LastFmArtists, LastFmTracks

        yield LastFmArtists(clients.lastfm)
        yield LastFmTracks(clients.lastfm)
    if chosen.asks(OpenSource.DEEZER):
        from bot.adapters.http.candidates.deezer import Deezer, DeezerRadio, DeezerRelated

        deezer = Deezer(clients.deezer)
        yield DeezerRelated(deezer)
        yield DeezerRadio(deezer)
