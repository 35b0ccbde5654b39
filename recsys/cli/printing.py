"""Tables on the terminal, or as wide as they need to be where the output goes elsewhere."""

import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Column, Table

_WIDE = 240
_UNBOUND = 10_000


def print_table(table: Table) -> None:
    """Print a table; into a file or a pipe it is not folded to 80 columns."""
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    console.print(fitting(table, console))


def fitting(table: Table, console: Console) -> Table:
    """Return the table, or one line per figure where its columns would be cut or too narrow."""
    unbound = console.options.update_width(_UNBOUND)
    for column in table.columns:  # rich narrows the widest columns, by more than their words allow
        cells = [column.header, *column.cells]
        word = max(Measurement.get(console, unbound, cell).minimum for cell in cells)
        column.min_width = max(column.min_width or 0, word)
    lines = Segment.split_lines(console.render(table))  # measured, such columns would seem to fit
    if max(map(Segment.get_line_length, lines)) <= console.width:
        return table
    turned = Table("", Column("", overflow="fold"), title=table.title, show_header=False)
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            turned.add_row(column.header, cell)
        turned.add_section()
    return turned


def print_json(value: Any) -> None:
    """Print a value that holds nothing but what JSON knows."""
    print(json.dumps(value, indent=1))


def count(n: int, noun: str) -> str:
    """Write a number of things: "1 listener", "2 listeners"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def figure(value: Any) -> str:
    """Write a number with four digits, and what is not known as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
