"""Where a background prior lies below the data folder."""

from pathlib import Path


def installed(data_dir: Path) -> Path:
    """Return the file that refits read, whether it is there or not."""
    return data_dir / "prior" / "background.prior"


def downloads(data_dir: Path) -> Path:
    """Return the folder of listening that was fetched to learn from."""
    return data_dir / "prior" / "downloads"
