"""`python -m bot rotate-key`: seal every stored token anew, then drop the old key."""

from datetime import UTC, datetime

from bot.adapters.sqlite.database import Database
from bot.adapters.vault import KeyRing, as_line, key_of, new_key, write_keys
from bot.errors import SealBrokenError, StorageError
from bot.services.spotify_tokens import ACCESS, REFRESH
from bot.settings import Settings
from bot.spotify_door import token_key_file, token_keys


async def rotate(settings: Settings) -> list[str]:
    """Change the key; return what to tell the operator. The bot must not be running.

    A kill at any moment leaves a key file that opens everything: the new key is added first, and
    the old one is dropped only when nothing is sealed with it any more.
    """
    async with Database.open(settings.data_dir) as database:
        keyless = not token_key_file(settings).exists() and settings.token_key is None
        if keyless and not await database.spotify.all_sealed():
            return ["There is no key yet: it is made when Spotify is first switched on."]
        keys = token_keys(settings)
        in_variable = settings.token_key is not None
        if in_variable and len(keys) == 1:
            return [
                "The key is in AUXCORD_TOKEN_KEY. Put a new one before it, separated by a comma:",
                f"AUXCORD_TOKEN_KEY={as_line(new_key())},{as_line(keys[0])}",
                "Then run this again.",
            ]
        file = token_key_file(settings)
        if not in_variable:
            keys = [new_key(), *keys]
            write_keys(file, keys)
        ring = KeyRing(keys)
        changed, broken = await _reseal(database, ring)
        left = [one for one in await database.spotify.all_sealed() if key_of(one[2]) != ring.active]
        if left:
            raise StorageError(
                f"{len(left)} tokens are still sealed with an old key; run this again."
            )
        said = [f"{changed} accounts are sealed with the new key."]
        if broken:
            said.append(f"{broken} could not be opened; their members have to /link again.")
        if in_variable:
            said.append(f"Now leave only the new key: AUXCORD_TOKEN_KEY={as_line(keys[0])}")
        else:
            write_keys(file, keys[:1])
            said.append(f"The old key is gone from {file}.")
        return said


async def _reseal(database: Database, ring: KeyRing) -> tuple[int, int]:
    """Seal all tokens with the active key; return how many, and how many were beyond opening."""
    rows = []
    broken = 0
    for member_id, access, refresh in await database.spotify.all_sealed():
        try:
            opened = (
                ring.open(access, purpose=ACCESS, member_id=member_id),
                ring.open(refresh, purpose=REFRESH, member_id=member_id),
            )
        except SealBrokenError:
            broken += await database.spotify.end_login(member_id, at=datetime.now(UTC))
            continue
        rows.append(
            (
                member_id,
                refresh,
                ring.seal(opened[0], purpose=ACCESS, member_id=member_id),
                ring.seal(opened[1], purpose=REFRESH, member_id=member_id),
            )
        )
    return await database.spotify.reseal(rows), broken
