"""A server of large files as ListenBrainz has one: listings, ranges, hashes, and ways to fail."""

from tests.fake_dumps.server import FakeDumps, Trouble

__all__ = ["FakeDumps", "Trouble"]
