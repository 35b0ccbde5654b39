"""Auxcord: a Discord bot for music discovery."""
