"""The last door before the log: whatever looks like a secret is blacked out, also in tracebacks."""

import logging
import re
from typing import Final

BLACKED: Final = "[…]"
_SECRETS: Final = re.compile(
    r"(?P<before>\b(?:Bearer|Basic|Bot)\s+"
    r"|/(?:webhooks|interactions)/\d+/"
    r"|(?:\b|%3F|%26)(?:access_token|refresh_token|client_secret|code_verifier|code|state|csrf|token)"
    r"(?:=|%3D|[\"']?\s*:\s*[\"']))"
    r"(?P<secret>[\w\-.~+/%]{8,}=*)",
    re.IGNORECASE,
)


class RedactingFormatter(logging.Formatter):
    """Formats a record, then blacks out values that follow the names of secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be kept."""
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """Return a text without the values of tokens, codes and states."""
    return _SECRETS.sub(lambda found: found["before"] + BLACKED, text)
