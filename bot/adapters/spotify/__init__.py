"""Spotify: accounts, Web API, and the gate before both. Import its modules only where it is on."""
