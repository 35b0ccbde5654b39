"""What the kill tests run and kill: writes through the real database and acknowledges on stdout.

``python -m tests.adapters.sqlite.killed_program DATA_DIR MODE ROUND`` with a mode of `votes`
(a line per vote once `record` returned), `early` (a line before it is even asked to store: the
negative control) or `import` (a line per chunk once `absorb` returned).
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Gesture, Verdict, Via
from bot.domain.ids import MemberId, RecommendationId
from tests.adapters.sqlite.stage import NOW

VOTERS = 8


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


async def vote(database: Database, numbers: "itertools.count[int]", turn: str, mode: str) -> None:
    for number in numbers:
        name = f"{turn}.{number}"
        if mode == "early":
            say(name)
        member = MemberId(1 + number % 500)
        await database.gestures.record(
            Gesture(member, RecommendationId(1), None, Via.EMOJI, name, Verdict.UP, NOW)
        )
        if mode == "votes":
            say(name)


async def main(data_dir: Path, mode: str, turn: str) -> None:
    async with Database.open(data_dir) as database:
        if mode == "import":
            (job,) = await database.listens.imports(unfinished=True)
            done = job.rows_done
            while done < job.rows_found:
                done = (await database.listens.absorb(job.id, limit=300)).rows_done
                say(str(done))
            return
        numbers = itertools.count()
        voters = VOTERS if mode == "votes" else 10 * VOTERS
        await asyncio.gather(*(vote(database, numbers, turn, mode) for _ in range(voters)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
