"""Auxcord: a Discord bot for music discovery."""

__version__ = "0.1.0"
