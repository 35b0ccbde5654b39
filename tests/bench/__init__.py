"""Load figures of the real bot process: `python -m tests.bench [--only NAME …] [--json]`.

The bot runs as `python -m bot` does, with the unpatched discord.py, its own database file and its
own child processes, against `tests/fake_discord` in this process. Nothing here is a test: figures
depend on the machine, so the load average stands beside each.
"""
