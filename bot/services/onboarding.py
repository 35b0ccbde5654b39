"""`/start`: pick five artists, get a first list."""

from collections.abc import Sequence
from difflib import get_close_matches

from bot.domain.ids import ArtistId, ItemKey, MemberId
from bot.domain.music import Artist, Subject
from bot.errors import UserError
from bot.ports import CatalogueStore, Clock, ListenStore
from bot.services.candidates import CandidateService
from bot.services.consent import ConsentService
from bot.services.training import TrainingService
from recsys.names import name_key

CHOICES = 25
NEAR = 3
SHORTEST_BEGINNING = 2
"""A slip in the first two letters is not guessed at."""
ALIKE = 0.75
ARTIST_PREFIX = "artist:"
KEY_PREFIX = "key:"


class OnboardingService:
    """Finds artists by name and stores picks."""

    def __init__(
        self,
        *,
        catalogue: CatalogueStore,
        listens: ListenStore,
        consent: ConsentService,
        candidates: CandidateService,
        training: TrainingService,
        clock: Clock,
    ) -> None:
        self._candidates = candidates
        self._catalogue = catalogue
        self._listens = listens
        self._consent = consent
        self._training = training
        self._clock = clock

    async def suggest_artists(self, text: str) -> Sequence[Artist]:
        """Return artists for autocomplete, from local data."""
        return await self._catalogue.search_artists(text, limit=CHOICES)

    async def suggest_subjects(self, text: str) -> Sequence[Subject]:
        """Return artists and tracks for autocomplete, from local data."""
        return await self._catalogue.search_subjects(text, limit=CHOICES)

    async def resolve_artists(self, values: Sequence[str]) -> list[Artist]:
        """Return the artists that option values stand for: a choice, or a name typed by hand.

        Raises
        ------
        UserError
            When a typed name is not known; the closest known names are in its parameters.
        """
        artists, unknown = await self.known_artists(values)
        if unknown:
            raise unknown[0]
        return artists

    async def known_artists(self, values: Sequence[str]) -> tuple[list[Artist], list[UserError]]:
        """Return the artists that are known, each once, and what there is to say of the other names."""
        found: dict[ArtistId, Artist] = {}
        unknown: list[UserError] = []
        for value in values:
            try:
                artist = await self._resolve(value)
            except UserError as error:
                unknown.append(error)
            else:
                found[artist.id] = artist
        return list(found.values()), unknown

    async def _resolve(self, value: str) -> Artist:
        if value.startswith(ARTIST_PREFIX) and value[len(ARTIST_PREFIX) :].isdecimal():
            artist_id = ArtistId(int(value[len(ARTIST_PREFIX) :]))
            artists = await self._catalogue.artists([artist_id])
            if artist_id in artists:
                return artists[artist_id]
        near = await self._catalogue.search_artists(value, limit=NEAR)
        for artist in near:
            if name_key(artist.name) == name_key(value):
                return artist
        if near:
            raise UserError(
                "error.artist_unknown_near", name=value, near=", ".join(a.name for a in near)
            )
        alike = await self._alike(name_key(value))
        if alike:
            raise UserError("error.artist_unknown_near", name=value, near=", ".join(alike))
        raise UserError("error.artist_unknown", name=value)

    async def _alike(self, key: str) -> list[str]:
        """Return known names that a mistyped one may mean: those that begin alike and look alike."""
        names: dict[str, str] = {}
        for length in range(len(key) - 1, SHORTEST_BEGINNING - 1, -1):
            found = await self._catalogue.search_artists(key[:length], limit=CHOICES)
            names |= {name_key(artist.name): artist.name for artist in found}
        return [names[one] for one in get_close_matches(key, names, n=NEAR, cutoff=ALIKE)]

    async def resolve_subject(self, value: str) -> Subject:
        """Return the artist or track that a `like:` value stands for."""
        if value.startswith(KEY_PREFIX):
            key = value[len(KEY_PREFIX) :]
            chosen = await self.by_key(ItemKey(int(key))) if _is_number(key) else None
            if chosen is not None:
                return chosen
        near = await self._catalogue.search_subjects(value, limit=1)
        if not near:
            raise UserError("error.subject_unknown", name=value)
        return near[0]

    async def by_key(self, key: ItemKey) -> Subject | None:
        """Return what a key stands for."""
        return (await self._catalogue.subjects([key])).get(key)

    async def pick(self, member_id: MemberId, artist_ids: Sequence[ArtistId]) -> int:
        """Store picked artists; return how many are new."""
        await self._consent.require(member_id)
        added = await self._listens.set_picks(member_id, artist_ids, at=self._clock.now())
        if added:
            self._candidates.wake(member_id)
            self._training.wake()
        return added

    async def unpick(self, member_id: MemberId, artist_id: ArtistId) -> bool:
        """Take a pick back."""
        removed = await self._listens.remove_pick(member_id, artist_id)
        if removed:
            self._training.wake()
        return removed


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 20
