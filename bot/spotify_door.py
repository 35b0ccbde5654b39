"""What the settings say about the Spotify door, checked as a whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import SettingsError
from bot.own_pages import is_loopback, own_pages
from bot.settings import Settings

KEY_FILE: Final = "token.key"
MOST_BACKUP_HOURS: Final = 5 * 24
"""Spotify wants what was unlinked gone after five days, also from copies."""
CALLBACK: Final = "/spotify/callback"


@dataclass(frozen=True, slots=True)
class SpotifyDoor:
    """The door as it is switched on; `base_url` is None where members paste an address instead."""

    client_id: str
    redirect_uri: str
    base_url: str | None


def spotify_door(settings: Settings) -> SpotifyDoor | None:
    """Return the door, None when it is switched off.

    Raises
    ------
    SettingsError
        When settings that belong together don't fit, with one sentence.
    """
    if settings.spotify_client_id is None:
        return None
    if settings.backup_hours * settings.backup_keep > MOST_BACKUP_HOURS:
        raise SettingsError(
            "AUXCORD_BACKUP_KEEP: with Spotify on, backups may live 5 days at most; make "
            "AUXCORD_BACKUP_HOURS times AUXCORD_BACKUP_KEEP 120 or less."
        )
    pages = own_pages(settings)
    if pages is None and not is_loopback(settings.web_host):
        raise SettingsError(
            f"AUXCORD_WEB_HOST: to listen on {settings.web_host} the pages need an https address; "
            "set AUXCORD_PUBLIC_URL, or listen on 127.0.0.1."
        )
    base = None if pages is None else pages.base_url
    root = base or f"http://127.0.0.1:{settings.web_port}"
    return SpotifyDoor(
        client_id=settings.spotify_client_id,
        redirect_uri=root + CALLBACK,
        base_url=base,
    )


def checked(settings: Settings) -> tuple[bool, str]:
    """Return whether the door's settings are well, and a sentence for `doctor`."""
    try:
        door = spotify_door(settings)
        if door is None:
            return True, "Spotify is off (AUXCORD_SPOTIFY_CLIENT_ID is not set)"
        if settings.token_key is not None or token_key_file(settings).exists():
            token_keys(settings)
    except SettingsError as error:
        return False, str(error)
    way = "through the bot's pages" if door.base_url else "by a pasted address"
    return True, (
        f"Spotify is on, linking works {way}; {door.redirect_uri} has to be a redirect URI of your "
        f"application there, listens are used for: {settings.spotify_listens.value}"
    )


def token_keys(settings: Settings) -> list[bytes]:
    """Return the keys that seal tokens, the one in use first."""
    from bot.adapters.vault import load_keys  # cryptography only where the door is on

    variable = settings.token_key.get_secret_value() if settings.token_key else None
    return load_keys(variable=variable, file=token_key_file(settings))


def token_key_file(settings: Settings) -> Path:
    """Return where the key lies unless it is a variable."""
    return settings.token_key_file or settings.data_dir / KEY_FILE
