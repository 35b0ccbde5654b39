"""Members' settings, held in memory so that visibility is known before anything is awaited."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from bot.domain.ids import ItemKey, MemberId
from bot.domain.members import MemberSettings
from bot.ports import CatalogueStore, MemberStore

_DEFAULT = MemberSettings()


class Preferences:
    """A write-through copy of all stored settings."""

    def __init__(self, *, members: MemberStore) -> None:
        self._members = members
        self._settings: dict[MemberId, MemberSettings] = {}
        self._changing: WeakValueDictionary[MemberId, asyncio.Lock] = WeakValueDictionary()
        """Two changes at once: the second must know of the first."""

    async def load(self) -> None:
        """Fill the copy; called once at start."""
        self._settings = dict(await self._members.all_settings())

    def of(self, member_id: MemberId) -> MemberSettings:
        """Return a member's settings without waiting."""
        return self._settings.get(member_id, _DEFAULT)

    def is_private(self, member_id: MemberId, asked: bool | None) -> bool:
        """Return whether an answer is private: what was asked for, else the member's setting."""
        return self.of(member_id).private if asked is None else asked

    async def change(self, member_id: MemberId, **changes: Any) -> MemberSettings:
        """Change some settings and store them."""
        async with self._changing.setdefault(member_id, asyncio.Lock()):
            settings = replace(self.of(member_id), **changes)
            await self._members.save_settings(member_id, settings)
            self._settings[member_id] = settings
            return settings

    async def unwanted(
        self, members: Iterable[MemberId], catalogue: CatalogueStore
    ) -> Collection[ItemKey]:
        """Return the tracks that somebody among these members doesn't want to be shown."""
        if all(self.of(member_id).explicit for member_id in members):
            return ()
        return await catalogue.explicit_keys()

    def forget(self, member_id: MemberId) -> None:
        """Drop a member from the copy; the store has forgotten them already."""
        self._settings.pop(member_id, None)
