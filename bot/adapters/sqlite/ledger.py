"""Who was erased and when, kept beside the database so that no older backup brings them back.

Only keyed hashes of ids are written; without the key file nobody can tell whom they mean. An entry
is written before anything is deleted, and played back at every start: an erasure that was cut short
is finished then.
"""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Final

LEDGER_NAME: Final = "erasures.jsonl"
KEY_NAME: Final = "erasures.key"


class ErasureLedger:
    """The ledger of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LEDGER_NAME
        self._key_path = data_dir / KEY_NAME

    def note(self, member_id: int, *, at_ms: int, part: str = "") -> None:
        """Write an erasure down, durably; with `part` only that source of a member was erased."""
        line = json.dumps({"id": self._hash(self._key(), member_id, part), "at": at_ms})
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, f"\n{line}\n".encode())  # first end a line that a crash cut short
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self._path.parent)

    def erased(self, members: dict[int, int | None], *, part: str = "") -> dict[int, int]:
        """Return who of `members` was erased after they last agreed, and when.

        Parameters
        ----------
        members
            Ids with the instant of their consent, None for those without one.
        part
            As given to `note`.
        """
        entries = self._entries()
        if not entries:
            return {}
        key = self._key()
        found = {}
        for member_id, agreed_at in members.items():
            at = entries.get(self._hash(key, member_id, part))
            if at is not None and (agreed_at is None or agreed_at <= at):
                found[member_id] = at
        return found

    def _entries(self) -> dict[str, int]:
        """Return the newest instant per hash; a line cut short by a crash is passed over."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        newest: dict[str, int] = {}
        for line in lines:
            try:
                entry = json.loads(line)
                newest[entry["id"]] = max(int(entry["at"]), newest.get(entry["id"], 0))
            except (ValueError, KeyError, TypeError):
                continue
        return newest

    def _key(self) -> bytes:
        try:
            return self._key_path.read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(32)
            handle = os.open(self._key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(handle, key)
                os.fsync(handle)
            finally:
                os.close(handle)
            return key

    @staticmethod
    def _hash(key: bytes, member_id: int, part: str = "") -> str:
        name = f"{member_id}/{part}" if part else str(member_id)
        return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file in a folder durable (a no-op where folders can't be opened)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
