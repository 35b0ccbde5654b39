"""A stateful fake of Spotify over HTTP, with switches for every fault the bot has to live with."""

from tests.fake_spotify.server import FakeSpotify, Fault

__all__ = ["FakeSpotify", "Fault"]
