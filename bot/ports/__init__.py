"""What the services need from the world, as small Protocols; one file per part of it.

Every store method is one transaction: when it returns, what it wrote is durable. Store methods
raise `StorageError` when the database refuses. Times are aware UTC datetimes. Here is what many
services need; what one door or the catalogue's enrichment needs is in its own file only.
"""

from bot.ports.lists import BlendStore, BlockStore, GestureStore, RecommendationStore
from bot.ports.machine import Clock, Compute, ParsedUpload, RefitResult, Uploads, Worker
from bot.ports.models import ModelStore, PendingChanges
from bot.ports.music import CatalogueStore, DoorStore, ImportProgress, ListenStore
from bot.ports.people import GuildStore, MemberStore, MetaStore

__all__ = [
    "BlendStore",
    "BlockStore",
    "CatalogueStore",
    "Clock",
    "Compute",
    "DoorStore",
    "GestureStore",
    "GuildStore",
    "ImportProgress",
    "ListenStore",
    "MemberStore",
    "MetaStore",
    "ModelStore",
    "ParsedUpload",
    "PendingChanges",
    "RecommendationStore",
    "RefitResult",
    "Uploads",
    "Worker",
]
