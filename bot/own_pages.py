"""What the settings say about the bot's own pages, checked as a whole."""

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bot.errors import SettingsError
from bot.settings import Settings, secret

IDENTITY_CALLBACK: Final = "/discord/callback"


@dataclass(frozen=True, slots=True)
class OwnPages:
    """Where browsers reach the pages, and how they learn who is there."""

    base_url: str
    client_secret: str = field(repr=False)

    @property
    def identity_redirect_uri(self) -> str:
        """Where Discord sends browsers back to."""
        return self.base_url + IDENTITY_CALLBACK


def own_pages(settings: Settings) -> OwnPages | None:
    """Return the pages, None without a public address.

    Raises
    ------
    SettingsError
        When settings that belong together don't fit, with one sentence.
    """
    base = _base_url(settings)
    if base is None:
        return None
    client_secret = secret(
        settings.discord_client_secret,
        settings.discord_client_secret_file,
        "AUXCORD_DISCORD_CLIENT_SECRET",
    )
    if client_secret is None:
        raise SettingsError(
            "AUXCORD_DISCORD_CLIENT_SECRET is missing: with AUXCORD_PUBLIC_URL the pages ask Discord "
            "who is there. Copy it from OAuth2 at discord.com/developers/applications."
        )
    return OwnPages(base, client_secret)


def checked(settings: Settings) -> tuple[bool, str]:
    """Return whether the settings of the pages are well, and a sentence for `doctor`."""
    try:
        pages = own_pages(settings)
    except SettingsError as error:
        return False, str(error)
    if pages is None:
        return True, "the bot's own pages are off (AUXCORD_PUBLIC_URL is not set)"
    return True, (
        f"the bot's own pages are on at {pages.base_url}; {pages.identity_redirect_uri} has to be a "
        "redirect under OAuth2 of your Discord application"
    )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _base_url(settings: Settings) -> str | None:
    if settings.public_url is None:
        return None
    parts = urlsplit(settings.public_url)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if (
        not parts.hostname
        or not (parts.scheme == "https" or local)
        or parts.query
        or parts.path.strip("/")
    ):
        raise SettingsError(
            "AUXCORD_PUBLIC_URL: this has to be https://HOST without a path (plain http only for "
            "127.0.0.1)."
        )
    return f"{parts.scheme}://{parts.netloc}"
