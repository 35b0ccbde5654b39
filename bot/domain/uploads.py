"""An upload through the bot's own page: from the link in Discord to the whole file."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from bot.domain.ids import ImportId, MemberId

WHOLE: Final = "whole "


@dataclass(frozen=True, slots=True)
class UploadFile:
    """The file that a member chose."""

    name: str
    size: int
    stamp: str
    """When it was changed last, as the browser says: the same name and size may be another file."""

    @classmethod
    def in_one_go(cls, name: str, size: int) -> Self:
        """Return a file that a form brings: its stamp is like no other, so it is never gone on with."""
        return cls(name, size, WHOLE + secrets.token_hex(8))

    @property
    def whole(self) -> bool:
        """Whether it has to come in one go."""
        return self.stamp.startswith(WHOLE)


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """A link to the upload page; good for one member, one browser and one file."""

    id_hash: str
    member_id: MemberId
    name: str
    """The member's name, for the page."""
    expires_at: datetime
    browser_hash: str | None = None
    csrf_hash: str | None = None
    """Set once Discord said who sits in front of the browser."""
    folder: str | None = None
    """Where what has arrived lies."""
    file: UploadFile | None = None
    import_id: ImportId | None = None
    """The import of the file, once all of it is there; the link is used up then."""
