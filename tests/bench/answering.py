"""From a member's command to the card on their screen."""

import asyncio
import shutil
import time
from pathlib import Path

from tests.bench.figures import Figure, spread
from tests.bench.running import Running, running
from tests.fake_discord import InteractionRecord, User

CALLS = 240
WARM_UP = 20
CROWD = 50
PATIENCE_S = 30.0


async def ask(bot: Running, member: User) -> InteractionRecord:
    """Let a member use /recommend and wait for the card."""
    done = await bot.discord.slash(member, bot.channel, "recommend", within=PATIENCE_S)
    if not done.message or not done.message.buttons:
        raise RuntimeError(f"no card but: {done.text}\n{bot.log.read_text()[-2000:]}")
    return done


async def one_after_another(prepared: Path, folder: Path) -> list[Figure]:
    """Measure /recommend, sent to the card filled in, while nothing else happens."""
    data_dir = Path(shutil.copytree(prepared, folder / "answers"))
    async with running(data_dir) as bot:
        for member in bot.members[:WARM_UP]:
            await ask(bot, member)
        done = [await ask(bot, bot.members[n % len(bot.members)]) for n in range(CALLS)]
    shown = [one.seconds_to_complete * 1000 for one in done]
    first = [one.seconds_to_acknowledge * 1000 for one in done]
    note = f"{CALLS} calls by {len(bot.members)} members, one at a time"
    return [
        *spread("/recommend to acknowledgement", first, "ms"),
        *spread("/recommend to card", shown, "ms", targets={0.95: 150.0}, note=note),
    ]


async def crowd_during_refit(prepared: Path, folder: Path) -> list[Figure]:
    """Let 50 members ask in the same moment while the child refits."""
    data_dir = Path(shutil.copytree(prepared, folder / "crowd"))
    async with running(data_dir, refit_changes=1) as bot:
        card = await ask(bot, bot.members[-1])
        for member in bot.members[:WARM_UP]:
            await ask(bot, member)
        await bot.discord.click(
            bot.members[-1], card.message, "aux1:vote:1:up"
        )  # makes a refit due
        began = await bot.until_job("refit", runs=True)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(bot, member)) for member in bot.members[:CROWD]]
        answered = time.monotonic()
        still = "refit" in bot.jobs()
        over = await bot.until_job("refit", runs=False)
    values = [task.result().seconds_to_complete * 1000 for task in tasks]
    first = [task.result().seconds_to_acknowledge * 1000 for task in tasks]
    note = (
        f"answers took {answered - began:.1f} s of a refit of {over - began:.1f} s; "
        f"still refitting after the last: {'yes' if still else 'NO, they did not overlap'}"
    )
    return [
        *spread(f"{CROWD} at once during a refit, to acknowledgement", first, "ms"),
        *spread(
            f"{CROWD} at once during a refit, to card",
            values,
            "ms",
            targets={0.99: 1000.0},
            note=note,
        ),
    ]
