"""The bot's own pages: server-rendered, cookies only while linking or sending; one has a script."""
