"""What can go wrong with an answer, in our own words; none of them names an address or a key."""

from bot.errors import UpstreamError


class OutageError(UpstreamError):
    """The service is in trouble or unreachable; a read may be tried again."""


class MalformedError(UpstreamError):
    """The answer is not what was asked for: HTML, cut off, too large, of another shape."""
