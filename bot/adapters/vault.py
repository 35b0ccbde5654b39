"""Secrets at rest: AES-256-GCM per field, with the row they belong to bound in (decision D10).

A sealed text is `v1.<key id>.<nonce>.<ciphertext>`. Purpose, key id and member are associated data,
so that a text moved to another row, column or key does not open. Keys are never in the database.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.domain.ids import MemberId
from bot.errors import SealBrokenError, SettingsError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_VERSION: Final = "v1"


class KeyRing:
    """A few keys: the first one seals, each of them opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self.active = key_id(keys[0])

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._keys)

    def seal(self, secret: str, *, purpose: str, member_id: MemberId) -> str:
        """Return a secret in a form that only this key, for this purpose and member, opens."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound = _bound(purpose, self.active, member_id)
        sealed = self._keys[self.active].encrypt(nonce, secret.encode(), bound)
        return ".".join((_VERSION, self.active, _text(nonce), _text(sealed)))

    def open(self, sealed: str, *, purpose: str, member_id: MemberId) -> str:
        """Return the secret.

        Raises
        ------
        SealBrokenError
            When no key fits, or the text was made for another row or purpose.
        """
        try:
            version, kid, nonce, body = sealed.split(".")
            key = self._keys[kid]
            if version != _VERSION:
                raise SealBrokenError(f"a {purpose} is sealed in an unknown way")
            opened = key.decrypt(_raw(nonce), _raw(body), _bound(purpose, kid, member_id))
            return opened.decode()
        except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
            raise SealBrokenError(f"a {purpose} can't be opened") from error


def key_id(key: bytes) -> str:
    """Return the short name of a key; it tells nothing about it."""
    return hashlib.sha256(b"auxcord key id" + key).hexdigest()[:8]


def key_of(sealed: str) -> str:
    """Return the id of the key that a text was sealed with."""
    return sealed.split(".")[1] if sealed.count(".") == 3 else ""


def new_key() -> bytes:
    """Return a fresh key."""
    return secrets.token_bytes(KEY_BYTES)


def as_line(key: bytes) -> str:
    """Return a key as it is written into files and variables."""
    return _text(key)


def read_keys(text: str, *, where: str) -> list[bytes]:
    """Return the keys of a file or variable: one per line or separated by commas.

    Raises
    ------
    SettingsError
        When there is none, or one is not 32 bytes of base64.
    """
    words = text.replace(",", " ").split()
    try:
        keys = [_raw(word) for word in words]
    except (ValueError, binascii.Error):
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SettingsError(
            f"{where}: a key is 32 random bytes in base64; `python -m bot rotate-key` makes one."
        )
    return keys


def load_keys(*, variable: str | None, file: Path) -> list[bytes]:
    """Return the keys of the variable, or else of the file, which is made if there is none.

    Raises
    ------
    SettingsError
        With one sentence, when they can't be read.
    """
    if variable is not None:
        return read_keys(variable, where="AUXCORD_TOKEN_KEY")
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError:
        keys = [new_key()]
        write_keys(file, keys)
        return keys
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"AUXCORD_TOKEN_KEY_FILE: cannot read {file}: {error}.") from error
    return read_keys(text, where=f"AUXCORD_TOKEN_KEY_FILE: {file}")


def write_keys(file: Path, keys: Iterable[bytes]) -> None:
    """Write keys so that the file is always either the old or the new one, for its owner only."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, "".join(f"{as_line(key)}\n" for key in keys).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        part.replace(file)
    except OSError as error:
        raise SettingsError(f"AUXCORD_TOKEN_KEY_FILE: cannot write {file}: {error}.") from error


def _bound(purpose: str, kid: str, member_id: MemberId) -> bytes:
    return f"auxcord|{purpose}|{kid}|{member_id}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
