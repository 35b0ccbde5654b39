"""What the spawned child process runs: parsing uploads and refitting the shared model.

The bot starts it as `python -m bot.worker JOB …` and never imports its jobs.
"""
