"""What lies where in the data folder."""

from typing import Final

DATABASE_NAME: Final = "auxcord.sqlite3"
UPLOADS_NAME: Final = "uploads"
MODELS_NAME: Final = "models"
BACKUPS_NAME: Final = "backups"
