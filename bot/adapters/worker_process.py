"""Jobs in a spawned child process, so that the event loop never waits for parsing or training."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import bot
from bot.adapters.child_process import Child, ChildFailedError
from bot.domain.recommending import ModelInfo
from bot.errors import BadFileError, WorkerError
from bot.ports import ParsedUpload, RefitResult

log = logging.getLogger(__name__)

MODULE = "bot.worker"
"""What the child runs; named, never imported: the jobs' libraries stay out of this process."""
PARSE_TIMEOUT_S = 180.0
REFIT_TIMEOUT_S = 1800.0
PRIOR_TIMEOUT_S = 12 * 3600.0
PARSES_AT_ONCE = 2
_EVENTS = {"progress", "bad_file", "result"}
_INHERITED = (
    *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    *("LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"),
    *("PYTHONWARNINGS", "PYTHONPYCACHEPREFIX"),
)
"""All that a child gets of the bot's environment: tokens and settings stay here."""

Progress = Callable[[int], Awaitable[None]]


class WorkerProcess:
    """The `Worker` port; one refit and two parses at a time, the next ones wait.

    `serving` names the snapshot folder of the model that answers now, None while there is none.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        serving: Callable[[], Awaitable[Path | None]],
        refit_timeout_s: float = REFIT_TIMEOUT_S,
        parse_timeout_s: float = PARSE_TIMEOUT_S,
        refit_threads: int = 1,
        module: str = MODULE,
    ) -> None:
        self._data_dir = data_dir
        self._serving = serving
        self._refit_timeout_s = refit_timeout_s
        self._parse_timeout_s = parse_timeout_s
        self._refit_threads = refit_threads
        self._module = module
        self._parses = asyncio.Semaphore(PARSES_AT_ONCE)
        self._refits = asyncio.Semaphore(1)
        self._children: set[Child] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Kill the children that still run and wait until they are gone."""
        self._closed = True
        children = tuple(self._children)
        for child in children:
            child.stop()
        for child in children:
            await child.wait_ended()

    async def parse_upload(
        self,
        folder: Path,
        *,
        on_progress: Progress | None = None,
        several_listeners: bool = False,
    ) -> ParsedUpload:
        """Parse the raw files of an upload into `folder`/staged.sqlite3, within hard bounds.

        `several_listeners` is for the operator's own tables: the staged rows then name theirs.

        Raises
        ------
        BadFileError
            When no file of the upload can be read.
        WorkerError
            When the child fails, is killed or takes too long.
        """
        job = ["parse", str(folder)]
        if several_listeners:
            job.append("--several-listeners")
        async with self._parses:
            result = await self._run(job, self._parse_timeout_s, on_progress=on_progress)
        return ParsedUpload(
            rows=int(result["rows"]),
            notes=tuple(map(str, result["notes"])),
            peak_memory_bytes=result.get("peak_memory_bytes"),
        )

    async def refit(self, *, force_publish: bool) -> RefitResult:
        """Train on the trainable view; compare with the serving model.

        Raises
        ------
        WorkerError
            When the child fails, is killed or takes too long; the old model goes on serving.
        """
        async with self._refits:
            job = ["refit", str(self._data_dir)]
            if (serving := await self._serving()) is not None:
                job += ["--serving", str(serving)]
            if force_publish:
                job.append("--force-publish")
            result = await self._run(job, self._refit_timeout_s, threads=self._refit_threads)
        return _refit_result(result)

    async def learn_prior(
        self, request: Path, *, on_progress: Progress | None = None
    ) -> Mapping[str, Any]:
        """Learn a background prior as a JSON file asks.

        Raises
        ------
        BadFileError
            When the files cannot be read or hold too little.
        WorkerError
            When the child fails, is killed or takes too long.
        """
        async with self._refits:
            return await self._run(
                ["prior", str(request)],
                PRIOR_TIMEOUT_S,
                threads=self._refit_threads,
                on_progress=on_progress,
            )

    async def _run(
        self,
        job: list[str],
        timeout_s: float,
        *,
        threads: int = 1,
        on_progress: Progress | None = None,
    ) -> Mapping[str, Any]:
        if self._closed:
            raise WorkerError("the worker is closed")
        command = [sys.executable, "-P", "-X", "utf8", "-m", self._module, *job]
        child = Child(command, env=_environment(threads))
        self._children.add(child)
        result: Mapping[str, Any] | None = None

        async def on_line(line: bytes) -> None:
            nonlocal result
            message = _message(line)
            if message["event"] == "bad_file":
                raise BadFileError(str(message["key"]), **message["params"])
            if message["event"] == "progress":
                if on_progress is not None:
                    await on_progress(int(message["rows"]))
            else:
                result = message

        try:
            async with asyncio.timeout(timeout_s):
                await child.run(on_line)
        except TimeoutError as error:
            raise WorkerError(f"{job[0]} took longer than {timeout_s:g} s") from error
        except ChildFailedError as error:
            log.warning("%s failed (%s): %s", job[0], error.how, error.stderr_tail)
            raise WorkerError(f"{job[0]} failed: {error.how}: {error.last_line}") from error
        finally:
            await child.end()
            self._children.discard(child)
        if result is None:
            raise WorkerError(f"{job[0]} ended without a result")
        return result


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise WorkerError("the child answered nonsense") from error
    if not isinstance(message, dict) or message.get("event") not in _EVENTS:
        raise WorkerError("the child answered nonsense")
    return message


def _refit_result(result: Mapping[str, Any]) -> RefitResult:
    try:
        info = dict(result["info"])
        info["trained_at"] = datetime.fromisoformat(info["trained_at"])
        return RefitResult(
            folder=Path(result["folder"]),
            info=ModelInfo(**info),
            row_cut={str(table): int(row) for table, row in result["row_cut"].items()},
            publish=bool(result["publish"]),
            reason=str(result["reason"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WorkerError("refit answered nonsense") from error


def _environment(threads: int) -> dict[str, str]:
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    env |= {name: value for name, value in os.environ.items() if name.startswith("LC_")}
    for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
        env[f"{library}_NUM_THREADS"] = str(threads)
    env["MALLOC_ARENA_MAX"] = "1"
    env["PYTHONPATH"] = str(Path(bot.__file__).parents[1])
    return env
