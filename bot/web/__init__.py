"""The bot's own pages: server-rendered, without scripts, cookies only while linking."""
