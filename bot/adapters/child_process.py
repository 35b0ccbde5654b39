"""One child process: its lines, its last words, and the certainty that it ends."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

_LONGEST_LINE = 1024 * 1024
_TAIL_BYTES = 4096

_Process = asyncio.subprocess.Process


class ChildFailedError(Exception):
    """The child ended badly; `how` names the exit code or the signal."""

    def __init__(self, how: str, stderr_tail: str = "") -> None:
        super().__init__(how)
        self.how = how
        self.stderr_tail = stderr_tail
        self.last_line = next(reversed(stderr_tail.strip().splitlines()), "no message")


class Child:
    """Runs a command once, in a process group of its own.

    Its standard input stays open for as long as this process lives: a child that watches it ends
    when the bot is killed. Whoever calls `run` calls `end` afterwards, whatever happened.
    """

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str]) -> None:
        self._command = command
        self._env = env
        self._starting: asyncio.Task[_Process] | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._tail: deque[bytes] = deque(maxlen=2)
        self._stopped = False
        self._ended = asyncio.Event()

    async def run(self, on_line: Callable[[bytes], Awaitable[None]]) -> None:
        """Start the child and hand over every line of its standard output until it ends.

        Raises
        ------
        ChildFailedError
            When it cannot be started, or ends with anything but 0.
        """
        self._starting = asyncio.create_task(self._start(), name="child-start")
        process = await asyncio.shield(self._starting)
        if self._stopped:
            _kill_group(process)
        assert process.stdout is not None  # noqa: S101  # asked for as a pipe
        while line := await self._next_line(process.stdout):
            await on_line(line)
        code = await process.wait()
        await self._read_stderr()
        if code != 0:
            raise ChildFailedError("stopped" if self._stopped else _how(code), self._last_words())

    def stop(self) -> None:
        """Kill the whole group; `run` then raises and its caller ends the child."""
        self._stopped = True
        if self._starting is not None and self._starting.done() and not self._starting.exception():
            _kill_group(self._starting.result())

    async def wait_ended(self) -> None:
        """Wait until `end` is through."""
        await self._ended.wait()

    async def end(self) -> None:
        """Make sure that nothing of the child is left."""
        try:
            if self._starting is None:
                return
            with contextlib.suppress(ChildFailedError):
                process = await asyncio.shield(self._starting)
                _kill_group(process)
                await self._drain(process)
        finally:
            self._ended.set()

    async def _start(self) -> _Process:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        except OSError as error:
            raise ChildFailedError(f"cannot start: {error.strerror}") from error
        self._stderr = asyncio.create_task(self._collect(process), name="child-stderr")
        return process

    async def _next_line(self, stdout: asyncio.StreamReader) -> bytes:
        try:
            return await stdout.readline()
        except ValueError as error:
            raise ChildFailedError("its answer is too long", self._last_words()) from error

    async def _collect(self, process: _Process) -> None:
        assert process.stderr is not None  # noqa: S101  # asked for as a pipe
        while data := await process.stderr.read(_TAIL_BYTES):
            self._tail.append(data)

    async def _read_stderr(self) -> None:
        if self._stderr is not None:
            await self._stderr

    async def _drain(self, process: _Process) -> None:
        """Empty the pipes, or waiting for a killed child with much to say would never end."""
        if process.stdin is not None:
            process.stdin.close()
        if process.stdout is not None:
            while await process.stdout.read(_LONGEST_LINE):
                pass
        await self._read_stderr()
        await process.wait()

    def _last_words(self) -> str:
        return b"".join(self._tail)[-_TAIL_BYTES:].decode("utf-8", "replace")


def _kill_group(process: _Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
