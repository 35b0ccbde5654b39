"""Adapters that need the Discord client itself."""
