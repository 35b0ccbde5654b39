from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.sqlite.database import Database
from tests.adapters.sqlite.stage import write_atlas


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def empty(data_dir: Path) -> AsyncIterator[Database]:
    """A new database."""
    async with Database.open(data_dir) as database:
        yield database


@pytest.fixture
async def database(empty: Database, tmp_path: Path) -> Database:
    """A new database with a small atlas."""
    await empty.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
    return empty
