"""What the child tells the bot: one JSON object per line on standard output."""

import json
import os
import sys
from typing import TextIO

EXIT_BAD_FILE = 3
"""The job ran well and found that the upload cannot be read."""


class Channel:
    """Owns the real standard output; whatever else prints goes to standard error from now on."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def progress(self, rows: int) -> None:
        """Say how many rows were read so far."""
        self._send({"event": "progress", "rows": rows})

    def result(self, **fields: object) -> None:
        """Hand over the result; the job is done."""
        self._send({"event": "result", **fields})

    def bad_file(self, key: str, params: object) -> None:
        """Say that the upload cannot be read, and why."""
        self._send({"event": "bad_file", "key": key, "params": params})

    def _send(self, message: dict[str, object]) -> None:
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()
