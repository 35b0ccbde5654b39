"""A data folder with a first model, made once and copied for every test that runs the app."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from bot.app import open_app
from bot.settings import Settings
from tests.canary import NET, mark_secrets, watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# The suite says the same on every run, however slow the machine; HYPOTHESIS_PROFILE=search looks for
# new examples instead.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


mark_secrets()


@pytest.fixture(autouse=True)
def no_secret_in_the_log() -> Iterator[None]:
    """The whole suite runs at DEBUG, and no test may let a secret get into the log."""
    with watched(NET):
        yield


def settings_for(data_dir: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **changes)


async def _prepare(data_dir: Path) -> None:
    async with open_app(settings_for(data_dir)) as app:
        await app.services.serving.current()


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "data"
    asyncio.run(_prepare(folder))
    return folder


@pytest.fixture
def data_dir(prepared_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)
    return folder
