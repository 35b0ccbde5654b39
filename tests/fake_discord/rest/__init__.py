"""The REST side of the fake."""

from tests.fake_discord.rest.app import build_app

__all__ = ["build_app"]
