"""The operator's commands; the one place that prints, reads settings and decides exit codes."""

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import __version__
from bot.errors import (
    DatabaseBusyError,
    MusicBotError,
    SettingsError,
    StorageError,
    UpstreamError,
    UserError,
)
from bot.settings import Settings, load_settings

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_SETTINGS = 78
"""`EX_CONFIG` of sysexits.h: service managers don't restart on it."""
MIN_SQLITE = (3, 37, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except SettingsError as error:
        print(error, file=sys.stderr)
        if options.command == "run":
            print(
                "To see the bot without any account or token: make demo (or python -m bot demo).",
                file=sys.stderr,
            )
        return EXIT_SETTINGS
    except UserError as error:
        from bot.ui.texts import plain

        print(plain(error.key, **error.params), file=sys.stderr)
        return EXIT_FAILED
    except DatabaseBusyError as error:
        print(f"{error} Stop the other instance first.", file=sys.stderr)
        return EXIT_FAILED
    except StorageError as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    except UpstreamError as error:
        print(
            f"{error.service} can't be reached: check the network; python -m bot doctor tells more.",
            file=sys.stderr,
        )
        return EXIT_FAILED
    except MusicBotError as error:
        print(f"That failed: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="Pass the aux: music recommendations for Discord."
    )
    parser.add_argument("--version", action="version", version=f"auxcord {__version__}")
    parser.set_defaults(run=_run, command="run")
    commands = parser.add_subparsers(
        title="commands",
        metavar="COMMAND",
        description="COMMAND --help tells more about each.",
    )

    run = commands.add_parser("run", help="run the bot (also without any command)")
    run.set_defaults(run=_run, command="run")

    demo = commands.add_parser("demo", help="the real bot in a simulated Discord in your browser")
    demo.add_argument(
        "listens",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="real listening data: Spotify or ListenBrainz export, or CSV",
    )
    demo.add_argument(
        "--port", type=_port, metavar="PORT", help="port on 127.0.0.1 (default: any free one)"
    )
    demo.set_defaults(run=_demo, command="demo")

    load = commands.add_parser(
        "import",
        help="bring a member's listening history in",
        description="Bring a member's listening history in. The bot must be stopped.",
    )
    load.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="Spotify export (ZIP or JSON), ListenBrainz export or CSV",
    )
    load.add_argument(
        "--member",
        type=_member,
        required=True,
        metavar="ID",
        help="Discord user id, a number; they must have agreed with /start",
    )
    load.set_defaults(run=_import, command="import")

    export = commands.add_parser(
        "export",
        help="write everything stored about a member as JSON",
        description="Write everything stored about a member as JSON. The bot must be stopped.",
    )
    export.add_argument(
        "--member", type=_member, required=True, metavar="ID", help="Discord user id, a number"
    )
    export.add_argument("file", type=Path, metavar="FILE", help="where to")
    export.set_defaults(run=_export, command="export")

    backup = commands.add_parser(
        "backup",
        help="write a verified copy of the database",
        description="Write a verified copy of the database; the bot may be running.",
    )
    backup.add_argument("folder", nargs="?", type=Path, help="where to (default: DATA_DIR/backups)")
    backup.set_defaults(run=_backup, command="backup")

    restore = commands.add_parser(
        "restore",
        help="put a backup back; erasures are replayed",
        description="Put a backup back; who was erased since is erased again. The bot must be stopped.",
    )
    restore.add_argument("file", type=Path, metavar="FILE", help="what `backup` wrote")
    restore.set_defaults(run=_restore, command="restore")

    rotate = commands.add_parser(
        "rotate-key", help="seal stored tokens with a new key; the bot must be stopped"
    )
    rotate.set_defaults(run=_rotate_key, command="rotate-key")

    prior = commands.add_parser(
        "prior", help="what listeners elsewhere taught: fetch listening, learn from it, look at it"
    )
    _prior_parser(prior)

    doctor = commands.add_parser("doctor", help="check settings, storage, Discord and every source")
    doctor.add_argument("--offline", action="store_true", help="ask nothing outside this machine")
    doctor.set_defaults(run=_doctor, command="doctor")

    health = commands.add_parser("health", help="exit 0 while the running bot is well")
    health.set_defaults(run=_health, command="health")
    return parser


def _member(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(
            "a Discord user id is a number: switch on developer mode in Discord, right-click the "
            "member, Copy User ID"
        )
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _prior_parser(prior: argparse.ArgumentParser) -> None:
    steps = prior.add_subparsers(title="steps", metavar="STEP", required=True)

    fetch = steps.add_parser("fetch", help="download ListenBrainz listens, or a file of your own")
    fetch.add_argument("address", nargs="?", metavar="ADDRESS", help="https address of a file")
    fetch.add_argument("--sha256", metavar="HEX", help="what that file must be")
    fetch.add_argument(
        "--days", type=int, default=7, metavar="N", help="of ListenBrainz (default: 7)"
    )
    fetch.add_argument(
        "--most-mib", type=int, default=2048, metavar="N", help="most per file (default: 2048)"
    )
    fetch.add_argument("--yes", action="store_true", help="agree to size and licence")
    fetch.set_defaults(run=_prior_fetch, command="prior")

    build = steps.add_parser("build", help="learn a prior, in a process of its own")
    build.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="default: what was fetched"
    )
    build.add_argument("--source", metavar="TEXT", help="whose listening it is")
    build.add_argument("--licence", metavar="TEXT", help="under which it was published")
    build.add_argument("--tags", type=Path, metavar="FILE", help="artist, tag, count .csv[.gz]")
    build.add_argument("--listeners", type=int, default=20_000, metavar="N", help="most listeners")
    build.add_argument("--artists", type=int, default=50_000, metavar="N", help="most artists")
    build.set_defaults(run=_prior_build, command="prior")

    status = steps.add_parser("status", help="what is installed, and what it knows of our artists")
    status.set_defaults(run=_prior_status, command="prior")


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        wanted = ".".join(map(str, MIN_SQLITE))
        raise SettingsError(
            f"Python's SQLite is {sqlite3.sqlite_version}; Auxcord needs {wanted} or newer. Use a newer Python or the container image."
        )


def _run(_options: argparse.Namespace) -> int:
    from bot.run import run

    _check_sqlite()
    settings = load_settings()
    token = settings.token()
    return asyncio.run(run(settings, token))


def _demo(options: argparse.Namespace) -> int:
    try:
        from bot.demo.run import run_demo
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The demo needs the package {error.name}; `make demo` installs everything it needs."
        ) from error
    _check_sqlite()
    asyncio.run(run_demo(options.listens, port=options.port, data_dir=None))
    return 0


def _import(options: argparse.Namespace) -> int:
    from bot.operator import import_files

    for path in options.files:
        if not path.is_file():
            print(f"{path}: there is no such file.", file=sys.stderr)
            return EXIT_USAGE
    _check_sqlite()
    return asyncio.run(import_files(load_settings(), options.files, options.member))


def _export(options: argparse.Namespace) -> int:
    from bot.operator import export_member

    _check_sqlite()
    return asyncio.run(export_member(load_settings(), options.file, options.member))


def _backup(options: argparse.Namespace) -> int:
    from bot.operator import back_up

    _check_sqlite()
    return back_up(load_settings(), options.folder)


def _restore(options: argparse.Namespace) -> int:
    from bot.operator import restore

    if not options.file.is_file():
        print(f"{options.file}: there is no such file.", file=sys.stderr)
        return EXIT_USAGE
    return restore(load_settings(), options.file)


def _rotate_key(_options: argparse.Namespace) -> int:
    from bot.key_rotation import rotate

    _check_sqlite()
    for sentence in asyncio.run(rotate(load_settings())):
        print(sentence)
    return 0


def _prior_fetch(options: argparse.Namespace) -> int:
    from bot import prior

    if options.days < 1 or options.most_mib < 1:
        print("--days and --most-mib must be at least 1.", file=sys.stderr)
        return EXIT_USAGE
    wanted = prior.Fetch(options.address, options.sha256, options.days, options.most_mib)
    return asyncio.run(prior.fetch(load_settings(), wanted, ask=prior.asking(yes=options.yes)))


def _prior_build(options: argparse.Namespace) -> int:
    from bot import prior

    for path in (*options.files, *([options.tags] if options.tags else [])):
        if not path.exists():
            print(f"{path}: there is no such file.", file=sys.stderr)
            return EXIT_USAGE
    wanted = prior.Build(
        tuple(options.files),
        options.source,
        options.licence,
        options.tags,
        options.listeners,
        options.artists,
    )
    return asyncio.run(prior.build(load_settings(), wanted))


def _prior_status(_options: argparse.Namespace) -> int:
    from bot import prior
    from recsys.errors import RecsysError

    try:
        return prior.status(load_settings())
    except RecsysError as error:
        print(f"{error}; run `prior build` or `prior fetch` again.", file=sys.stderr)
        return EXIT_FAILED


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor import examine

    settings: Settings | None = None
    problem: str | None = None
    try:
        settings = load_settings()
    except SettingsError as error:
        problem = str(error)
    return examine(settings, problem, offline=options.offline, say=print)


def _health(_options: argparse.Namespace) -> int:
    from bot.health import check

    return check(load_settings().data_dir)
