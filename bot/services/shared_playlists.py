"""Playlists on the operator's own Spotify account, for members who have none linked.

The account is that of whoever owns the bot's application at Discord, and only where they switched it
on: nobody can put playlists into somebody else's account.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from bot.domain.ids import MemberId
from bot.domain.music import Subject
from bot.domain.spotify import LoginState, Written
from bot.errors import ForbiddenError, GoneError, LinkExpiredError, UpstreamError, UserError
from bot.ports import Clock
from bot.ports.linking import SpotifyStore
from bot.ports.playlists import SharedPlaylistStore
from bot.ports.spotify import SpotifyApi
from bot.services.consent import ConsentService
from bot.services.playlists import PlaylistService
from bot.services.spotify_tokens import SpotifyTokens

log = logging.getLogger(__name__)

SPAN: Final = timedelta(days=1)
NOT_LINKED: Final = "error.spotify_not_linked"
OF_MEMBER: Final = 5
IN_ALL: Final = 20
"""Playlists written or updated in a day: each takes a few calls of the operator's daily quota, and
up to one per track that has to be looked for."""


class SharedPlaylists:
    """Writes for members into one account, within limits that protect its owner."""

    def __init__(
        self,
        *,
        playlists: PlaylistService,
        store: SharedPlaylistStore,
        accounts: SpotifyStore,
        consent: ConsentService,
        tokens: SpotifyTokens,
        api: SpotifyApi,
        clock: Clock,
    ) -> None:
        self._playlists = playlists
        self._store = store
        self._accounts = accounts
        self._consent = consent
        self._tokens = tokens
        self._api = api
        self._clock = clock
        self._operator: MemberId | None = None

    def belong_to(self, operator: MemberId) -> None:
        """Set who runs the bot, known once it has logged in."""
        self._operator = operator

    async def owner(self) -> MemberId | None:
        """Return who runs the bot if their account can be used right now."""
        if self._operator is None:
            return None
        login = await self._accounts.login(self._operator)
        works = login is not None and login.state is LoginState.LINKED
        return self._operator if works else None

    async def write(
        self,
        asked_by: MemberId,
        *,
        tastes: Collection[MemberId],
        purpose: str,
        name: str,
        description: str,
        subjects: Sequence[Subject],
    ) -> Written:
        """Create or update the one playlist of a purpose, whoever asks for it.

        `tastes` are the members whom its tracks tell of.

        Raises
        ------
        ConsentMissingError
            When who asks never agreed to anything being stored.
        UserError
            `error.shared_off` without a working account, `error.shared_limit` beyond the limits.
        """
        await self._consent.require(asked_by)
        owner = await self.owner()
        if owner is None:
            raise UserError("error.shared_off")
        now = self._clock.now()
        if not await self._store.admit(
            asked_by, at=now, since=now - SPAN, of_member=OF_MEMBER, in_all=IN_ALL
        ):
            raise UserError("error.shared_limit", mine=OF_MEMBER, all=IN_ALL)
        try:
            return await self._playlists.write(
                owner,
                purpose=purpose,
                name=name,
                description=description,
                subjects=subjects,
                tastes=tastes,
            )
        except (LinkExpiredError, ForbiddenError, UserError) as error:
            if isinstance(error, UserError) and error.key != NOT_LINKED:
                raise
            # What is wrong is wrong with the owner's account, who is told; who asks can't mend it.
            log.warning("the account for shared playlists refuses; its owner has to link it anew")
            raise UserError("error.shared_off") from None

    async def empty_forgotten(self) -> int:
        """Empty playlists that hold the taste of somebody who was forgotten; return how many.

        A link that is over may be renewed, so it is waited for as for an outage; when it is deleted,
        what is noted of its playlists goes with it.
        """
        emptied = 0
        for playlist_id, owner in await self._store.to_empty():
            try:
                await self._tokens.call(
                    owner, partial(self._api.replace_items, playlist_id=playlist_id, uris=())
                )
            except GoneError:
                pass  # its owner deleted it
            except (UserError, ForbiddenError):
                log.warning(
                    "playlist %s holds a forgotten member's taste and is out of reach: its owner "
                    "should delete it",
                    playlist_id,
                )
            except UpstreamError:
                continue  # the next round tries again, a renewed link included
            await self._store.emptied(playlist_id)
            emptied += 1
        return emptied
