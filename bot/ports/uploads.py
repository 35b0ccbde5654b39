"""What the upload page needs from the world, as small Protocols."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.listening import ImportJob
from bot.domain.uploads import UploadFile, UploadTicket


class UploadTicketStore(Protocol):
    """Links to the upload page, by hashes of their secrets."""

    async def create(self, ticket: UploadTicket, *, at: datetime) -> Sequence[str]:
        """Store a link; older unused ones of the member are void. Return folders left behind."""
        ...

    async def get(self, id_hash: str, *, at: datetime) -> UploadTicket | None:
        """Return a link that is not over, used or not."""
        ...

    async def bind_browser(
        self, id_hash: str, *, browser_hash: str, identity_hash: str, at: datetime
    ) -> bool:
        """Tie an unused link to the first browser that took it; return whether it is this one."""
        ...

    async def identify(
        self, identity_hash: str, *, browser_hash: str, at: datetime
    ) -> UploadTicket | None:
        """Consume the state of the Discord login; None when it is unknown, used or foreign."""
        ...

    async def admit(
        self, id_hash: str, *, browser_hash: str, csrf_hash: str, expires_at: datetime
    ) -> bool:
        """Note that the member sits in front of the browser; from then on there is more time."""
        ...

    async def choose(self, id_hash: str, *, file: UploadFile, folder: str) -> bool:
        """Note which file comes and where it lies, unless the link is used or gone."""
        ...

    async def use_up(self, id_hash: str, *, folder: str, at: datetime) -> ImportJob | None:
        """Note the import of a complete file with it; None when it is done, or another file chosen."""
        ...

    async def folders(self) -> Sequence[str]:
        """Return where files that are still arriving lie."""
        ...

    async def delete(self, id_hash: str) -> None:
        """Delete a link: somebody else opened it."""
        ...

    async def sweep(self, *, before: datetime) -> Sequence[str]:
        """Delete links that were over before an instant; return the folders of unused ones."""
        ...


class PartialUploads(Protocol):
    """Files that are still arriving."""

    async def begin(self) -> str:
        """Make an empty file in a folder of its own; return the folder's name."""
        ...

    async def received(self, folder: str) -> int:
        """Return how many bytes have arrived; `NotFoundError` when the file is gone."""
        ...

    async def append(self, folder: str, data: bytes) -> None:
        """Write bytes behind what has arrived."""
        ...

    async def seal(self, folder: str, name: str) -> None:
        """Make the file durable and an upload like any other, under its own name."""
        ...

    async def discard(self, folder: str) -> None:
        """Delete a folder; deleting twice is fine."""
        ...

    async def free_bytes(self) -> int:
        """Return the room on the disk."""
        ...
