"""The worker port against real child processes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import bot
from bot.adapters.uploads import UploadFolder
from bot.adapters.worker_process import WorkerProcess
from bot.errors import BadFileError, WorkerError
from tests.worker import exports
from tests.worker.staging_area import lay_down, staged

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")


async def no_model() -> Path | None:
    return None


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    async with WorkerProcess(tmp_path, serving=no_model) as one:
        yield one


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    async with WorkerProcess(
        tmp_path, serving=no_model, module="tests.worker.stub_job", parse_timeout_s=20
    ) as one:
        yield one


def _folder(tmp_path: Path, what: str) -> Path:
    folder = tmp_path / what
    folder.mkdir()
    return folder


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


async def _pids(folder: Path) -> list[int]:
    file = folder / "pids"
    for _ in range(500):
        if file.exists() and file.read_text():
            break
        await asyncio.sleep(0.02)
    return [int(pid) for pid in file.read_text().split()]


async def _gone(pids: list[int]) -> bool:
    for _ in range(100):
        if not any(_alive(pid) for pid in pids):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_an_upload_goes_through_uploads_and_child_to_staged_rows(
    tmp_path: Path, worker: WorkerProcess
) -> None:
    seen: list[int] = []

    async def on_progress(rows: int) -> None:
        seen.append(rows)

    async with UploadFolder(tmp_path / "uploads") as uploads:
        folder = await uploads.store([("my data.zip", exports.spotify_extended_zip(11_000))])
        parsed = await worker.parse_upload(uploads.path(folder), on_progress=on_progress)
        assert parsed.rows == len(staged(uploads.path(folder))) == 11_000
    assert parsed.notes == ("Streaming_History_Video_2021.json: import.note.videos",)
    assert seen == [5_000, 10_000]


async def test_an_unreadable_upload_is_the_typed_error_with_its_parameters(
    tmp_path: Path, worker: WorkerProcess
) -> None:
    folder = lay_down(tmp_path / "x", ("page.json", b"<html></html>"))
    with pytest.raises(BadFileError) as caught:
        await worker.parse_upload(folder)
    assert caught.value.key == "import.error.not_recognised"
    assert caught.value.params == {"file": "page.json"}
    assert not list(folder.glob("staged*"))


async def test_several_listeners_is_a_choice_of_the_operator(
    tmp_path: Path, worker: WorkerProcess
) -> None:
    folder = lay_down(tmp_path / "x", ("all.csv", exports.csv_table(30, listeners=3)))
    with pytest.raises(BadFileError, match="several_listeners"):
        await worker.parse_upload(folder)
    parsed = await worker.parse_upload(folder, several_listeners=True)
    assert parsed.rows == 30
    assert {row["listener"] for row in staged(folder)} == {"listener0", "listener1", "listener2"}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crash", "exit code 1: ValueError: the last line"),
        ("killed", "killed by SIGKILL"),
        ("silent", "without a result"),
        ("nonsense", "nonsense"),
        ("endless", "too long"),
    ],
)
async def test_every_bad_end_is_a_worker_error(
    tmp_path: Path, stub: WorkerProcess, what: str, said: str
) -> None:
    with pytest.raises(WorkerError, match=said):
        await stub.parse_upload(_folder(tmp_path, what))


@pytest.mark.parametrize("what", ["sleep", "chatty"])
async def test_a_timeout_ends_the_child(tmp_path: Path, what: str) -> None:
    folder = _folder(tmp_path, what)
    async with WorkerProcess(
        tmp_path, serving=no_model, module="tests.worker.stub_job", parse_timeout_s=1.0
    ) as worker:
        with pytest.raises(WorkerError, match="longer than 1 s"):
            await worker.parse_upload(folder)
    if what == "sleep":
        assert await _gone(await _pids(folder))


async def test_cancelling_kills_the_child_and_its_children(
    tmp_path: Path, stub: WorkerProcess
) -> None:
    folder = _folder(tmp_path, "sleep")
    task = asyncio.create_task(stub.parse_upload(folder))
    pids = await _pids(folder)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _gone(pids)


async def test_cancelling_before_the_child_runs_leaves_nothing(
    tmp_path: Path, stub: WorkerProcess
) -> None:
    folder = _folder(tmp_path, "sleep")
    task = asyncio.create_task(stub.parse_upload(folder))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (folder / "pids").exists() or await _gone(await _pids(folder))


async def test_closing_kills_what_runs_and_refuses_what_comes(
    tmp_path: Path, stub: WorkerProcess
) -> None:
    folder = _folder(tmp_path, "sleep")
    task = asyncio.create_task(stub.parse_upload(folder))
    pids = await _pids(folder)
    await stub.aclose()
    assert await _gone(pids)
    with pytest.raises(WorkerError, match="stopped"):
        await task
    with pytest.raises(WorkerError, match="closed"):
        await stub.parse_upload(folder)


async def test_a_failing_listener_to_progress_ends_the_child(
    tmp_path: Path, stub: WorkerProcess
) -> None:
    async def on_progress(_rows: int) -> None:
        raise LookupError("no message to edit")

    folder = _folder(tmp_path, "sleep")
    with pytest.raises(LookupError):
        await stub.parse_upload(folder, on_progress=on_progress)
    assert await _gone(await _pids(folder))


async def test_children_inherit_no_secrets_and_one_thread(
    tmp_path: Path, stub: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUXCORD_DISCORD_TOKEN", "DISCORD_TOKEN", "SPOTIFY_CLIENT_SECRET"):
        monkeypatch.setenv(name, "canary")
    parsed = await stub.parse_upload(_folder(tmp_path, "environment"))
    assert "canary" not in " ".join(parsed.notes)
    assert "OMP_NUM_THREADS=1" in parsed.notes
    assert "OPENBLAS_NUM_THREADS=1" in parsed.notes
    assert "MKL_NUM_THREADS=1" in parsed.notes


async def test_two_parses_at_a_time(tmp_path: Path, stub: WorkerProcess) -> None:
    await asyncio.gather(*(stub.parse_upload(_folder(tmp_path, f"count{i}")) for i in range(5)))
    running = most = 0
    for mark in (tmp_path / "log").read_text():
        running += 1 if mark == "+" else -1
        most = max(most, running)
    assert most == 2


async def test_a_child_ends_when_the_bot_is_killed(tmp_path: Path) -> None:
    """The child of a process that dies without a word notices by its standard input."""
    folder = lay_down(tmp_path / "x", ("a.json", b"["))
    (folder / "raw" / "0000").unlink()
    os.mkfifo(folder / "raw" / "0000")  # reading it waits for ever
    read_end, write_end = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.worker", "parse", str(folder)),
        cwd=Path(bot.__file__).parents[1],
        stdin=read_end,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(read_end)
    await asyncio.sleep(0.5)
    assert process.returncode is None
    os.close(write_end)
    async with asyncio.timeout(10):
        assert await process.wait() == 70
