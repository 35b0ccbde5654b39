"""Every setting, read once in `__main__` and passed down in parts.

Each is a variable `AUXCORD_<NAME>` or a line of `.env`; `.env.example` lists them all.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.sources import OpenSource
from bot.domain.spotify import ListensUse
from bot.errors import SettingsError


class Settings(BaseSettings):
    """The operator's choices; a wrong value is refused at start with the setting's name."""

    model_config = SettingsConfigDict(
        env_prefix="AUXCORD_", env_file=".env", env_ignore_empty=True, extra="forbid", frozen=True
    )

    discord_token: SecretStr | None = None
    """The bot's token from the Discord developer portal."""
    discord_token_file: Path | None = None
    """A file that holds the token instead (Docker and systemd secrets)."""
    data_dir: Path = Path("data")
    """Where the database, models, uploads and backups live."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged."""
    refit_changes: Annotated[int, Field(ge=1, le=100_000)] = 25
    """Refit the shared model once this many new votes (or 40 times as many listens) came."""
    refit_hours: Annotated[float, Field(gt=0, le=720)] = 12.0
    """Refit after this many hours at the latest when anything changed."""
    refit_timeout_s: Annotated[float, Field(ge=10, le=86_400)] = 1800.0
    """Stop a refit that takes longer than this."""
    compute_threads: Annotated[int, Field(ge=1, le=32)] = 2
    """Threads that score recommendations."""
    upload_limit_mb: Annotated[int, Field(ge=1, le=512)] = 25
    """Largest attachment `/import` accepts; Discord itself allows 10 MiB without Nitro."""
    web_upload_limit_mb: Annotated[int, Field(ge=1, le=2048)] = 512
    """Largest file the upload page takes, where the bot's own pages are on."""
    shown_days: Annotated[int, Field(ge=0, le=365)] = 30
    """A pick is not shown again to the same member in the same server for this many days."""
    backup_hours: Annotated[float, Field(ge=0, le=720)] = 24.0
    """Hours between automatic backups; 0 switches them off."""
    backup_keep: Annotated[int, Field(ge=1, le=30)] = 5
    """How many automatic backups are kept."""

    spotify_client_id: str | None = None
    """The client id of your application at developer.spotify.com; without it `/link` is off."""
    spotify_seats: Annotated[int, Field(ge=1, le=100)] = 5
    """Spotify users your application may have: 5 in Development Mode."""
    spotify_daily_calls: Annotated[int, Field(ge=20, le=100_000)] = 400
    """Calls to Spotify per day; a fifth of them is kept for what somebody waits for."""
    spotify_listens: ListensUse = ListensUse.PROFILE
    """What listens from Spotify's Web API are used for: store, profile or train."""
    spotify_shared_playlists: bool = False
    """Whether members without a linked account may have playlists made on yours, once you linked it."""
    token_key: SecretStr | None = None
    """Key that seals stored tokens; several, separated by commas, while changing it."""
    token_key_file: Path | None = None
    """Or a file that holds it; made with a fresh key if there is none."""
    public_url: str | None = None
    """https address under which browsers reach the bot's own pages; without it `/link` works by
    pasting an address."""
    web_host: str = "127.0.0.1"
    """Address the pages listen on."""
    web_port: Annotated[int, Field(ge=0, le=65_535)] = 8787
    """Port the pages listen on; also part of the redirect address without a public one."""
    discord_client_secret: SecretStr | None = None
    """Client secret of the Discord application: the pages ask Discord who is there."""
    discord_client_secret_file: Path | None = None
    """A file that holds it instead."""

    discord_activity: bool = False
    """Whether members may let the bot follow "Listening to Spotify" on Discord; needs the Presence
    Intent."""

    contact: str | None = None
    """Your e-mail address or web page, told to every open source; without it none is asked."""
    sources: Annotated[frozenset[OpenSource] | None, NoDecode] = None
    """Open sources that may be asked, separated by commas, or `none`; all of them by default."""
    listenbrainz_token: SecretStr | None = None
    """A ListenBrainz user token; a few more of its answers need one."""
    listenbrainz_token_file: Path | None = None
    """A file that holds it instead."""
    lastfm_key: SecretStr | None = None
    """A Last.fm API key; without it Last.fm is not asked."""
    lastfm_key_file: Path | None = None
    """A file that holds it instead."""

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = [name.strip().lower() for name in value.split(",") if name.strip()]
        return [] if names == ["none"] else names

    @field_validator("contact")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        if value is not None and (not value.isprintable() or not value.isascii()):
            raise ValueError("one line of plain characters, such as an e-mail address")
        return value

    def token(self) -> str:
        """Return the Discord token.

        Raises
        ------
        SettingsError
            When neither the token nor its file is set, or the file cannot be read.
        """
        token = secret(self.discord_token, self.discord_token_file, "AUXCORD_DISCORD_TOKEN")
        if token is None:
            raise SettingsError(
                "AUXCORD_DISCORD_TOKEN is missing: create a bot at discord.com/developers/applications, "
                "copy its token and put AUXCORD_DISCORD_TOKEN=… into .env (see .env.example)."
            )
        return token


def secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    """Return a secret from its variable or else from its file, None when neither is set.

    Raises
    ------
    SettingsError
        When the file cannot be read or is empty.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE: cannot read {file}: {error.strerror}.") from error
    if not text:
        raise SettingsError(f"{name}_FILE: {file} is empty.")
    return text


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingsError
        One sentence per setting that is wrong.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_sentence(e["loc"], e["type"], e["msg"]) for e in error.errors())
        ) from None


def _sentence(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = "_".join(part for part in loc if isinstance(part, str)).upper()
    if not name.startswith("AUXCORD_"):
        name = f"AUXCORD_{name}"
    if kind == "extra_forbidden":
        return f"{name}: there is no such setting; .env.example lists them all."
    return f"{name}: {message}."
