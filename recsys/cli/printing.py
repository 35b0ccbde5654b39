"""Tables on the terminal, or as wide as they need to be where the output goes elsewhere."""

import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDE = 240


def print_table(table: Table) -> None:
    """Print a table; into a file or a pipe it is not folded to 80 columns."""
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def print_json(value: Any) -> None:
    """Print a value that holds nothing but what JSON knows."""
    print(json.dumps(value, indent=1))


def figure(value: Any) -> str:
    """Write a number with four digits, and what is not known as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
