"""Plain values of the bot: no Discord, no SQL, no HTTP. Import from the submodules."""
