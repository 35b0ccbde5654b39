"""Every error that crosses a layer of the bot.

::

    MusicBotError
    ├─ UserError               shown as is; names the next step
    │  ├─ ConsentMissingError  nothing may be stored for this person yet
    │  ├─ NothingToGoOnError   no listens, picks or verdicts to recommend from
    │  ├─ NotFoundError        a card, blend or track that is no longer there
    │  └─ BadFileError         an upload that cannot be read; the file and the reason are named
    ├─ UpstreamError           a service outside; carries its name and when to try again
    │  ├─ RateLimitedError     it said "later", or our own budget for it is spent
    │  ├─ LinkExpiredError     a member's grant is over; they have to consent again
    │  ├─ AccessRefusedError   the token is not taken (any more); a new one may be
    │  ├─ ForbiddenError       it will never do this; asking again is no use
    │  │  ├─ NotAllowlistedError   the operator has not entered this account
    │  │  └─ PremiumRequiredError  somebody needs Premium
    │  └─ GoneError            what was asked for is not there
    ├─ StorageError            not saved; logged with an incident id
    │  ├─ DatabaseBusyError    another process holds the data folder
    │  └─ SealBrokenError      a sealed secret that no key opens, or that belongs to another row
    ├─ DownloadError           a large file that an operator asked for did not come whole and unchanged
    ├─ WorkerError             a child process failed; the old state still serves
    └─ SettingsError           a setting is missing or wrong; ends the start with exit code 78

A `UserError` carries the key of a sentence in the message catalogue and its parameters, never a
finished sentence: the reader's language is known to the ui only.
"""

from typing import Final


class MusicBotError(Exception):
    """Root of the bot's own errors."""


class UserError(MusicBotError):
    """Something the person can mend; `key` names a sentence of the message catalogue."""

    default_key: str = "error.generic"

    def __init__(self, key: str | None = None, /, **params: object) -> None:
        self.key: Final = key or self.default_key
        self.params: Final = params
        super().__init__(self.key)


class ConsentMissingError(UserError):
    """The person has not agreed to anything being stored."""

    default_key = "error.consent_missing"


class NothingToGoOnError(UserError):
    """The person has no evidence at all."""

    default_key = "error.nothing_to_go_on"


class NotFoundError(UserError):
    """What a button or option points at is gone."""

    default_key = "error.not_found"


class BadFileError(UserError):
    """An uploaded file cannot be read."""

    default_key = "error.bad_file"


class UpstreamError(MusicBotError):
    """A service outside failed."""

    def __init__(self, service: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(service)
        self.service = service
        self.retry_after_s = retry_after_s


class RateLimitedError(UpstreamError):
    """A service said "later", or our own budget for it is spent; nothing was asked."""


class LinkExpiredError(UpstreamError):
    """A member's grant is over; nothing is tried again before they consent anew."""


class AccessRefusedError(UpstreamError):
    """A token is not taken; a fresh one may be."""


class ForbiddenError(UpstreamError):
    """A service refuses for good: missing scope, somebody else's playlist, a removed operation."""


class NotAllowlistedError(ForbiddenError):
    """The operator has not entered this account in the application's list of users."""


class PremiumRequiredError(ForbiddenError):
    """The application's owner, or the listener for playback, needs Premium."""


class GoneError(UpstreamError):
    """What was asked for is not there."""


class StorageError(MusicBotError):
    """The database refused; what was asked is not stored."""


class DatabaseBusyError(StorageError):
    """Another process already owns the data folder."""


class SealBrokenError(StorageError):
    """A sealed secret that no key opens, or that belongs to another row."""


class DownloadError(MusicBotError):
    """A large file is too large, changed on the way or did not come; nothing wrong is installed."""


class WorkerError(MusicBotError):
    """A child process failed, was killed or ran out of time."""


class SettingsError(MusicBotError):
    """A setting is missing or wrong."""
