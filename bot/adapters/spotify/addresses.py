"""Where the services are; only stand-ins are anywhere else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base addresses without a slash at the end."""

    api: str = "https://api.spotify.com/v1"
    accounts: str = "https://accounts.spotify.com"
    discord: str = "https://discord.com"
    stand_ins: bool = False
    """Whether these are the demo's: the pages then say so."""
