"""The options that name files with side information; several commands share them."""

import argparse
from pathlib import Path

from recsys.cli.side_information import SideFiles


def add_side_options(command: argparse.ArgumentParser, *, friends: bool = True) -> None:
    """Add --item-tags, --item-groups, --item-features and, where it has a use, --friends."""
    command.add_argument(
        "--item-tags",
        type=Path,
        metavar="FILE",
        help="item, tag[, count]; item_tags.csv[.gz] in DIR is found by itself",
    )
    command.add_argument(
        "--item-groups",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="item, then groupings: first the artist, then the album, further ones as tags",
    )
    command.add_argument(
        "--item-features", type=Path, metavar="FILE", help="item, numbers; blanks allowed"
    )
    command.set_defaults(friends=None)
    if friends:
        command.add_argument(
            "--friends",
            type=Path,
            metavar="FILE",
            help="listener, listener: pairs who know each other",
        )


def side_files(options: argparse.Namespace) -> SideFiles:
    """Return the files that the options name."""
    return SideFiles(
        options.item_tags, tuple(options.item_groups), options.item_features, options.friends
    )
