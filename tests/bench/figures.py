"""What was measured, beside what was wanted."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; with a target it has to stay below it."""

    name: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 1))
    """Load average of the machine when it was taken."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.value < self.target


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value below which a share `q` of the values lies."""
    return sorted(values)[round(q * (len(values) - 1))] if values else float("nan")


def spread(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    targets: dict[float, float] | None = None,
    note: str = "",
) -> list[Figure]:
    """Return median, 95th and 99th percentile and maximum; `targets` by quantile."""
    targets = targets or {}
    labels = {0.5: "p50", 0.95: "p95", 0.99: "p99", 1.0: "max"}
    return [
        Figure(f"{name} {label}", quantile(values, q), unit, targets.get(q), note)
        for q, label in labels.items()
    ]


def as_table(title: str, figures: Sequence[Figure]) -> Table:
    """Return the figures for people."""
    table = Table("figure", "measured", "target", "met", "load", "note", title=title)
    for one in figures:
        target = "" if one.target is None else f"< {one.target:g} {one.unit}"
        met = {None: "", True: "yes", False: "[red]no[/red]"}[one.met]
        value = f"{one.value:.1f} {one.unit}"
        table.add_row(one.name, value, target, met, f"{one.load:.1f}", one.note)
    return table


def as_json(results: dict[str, Sequence[Figure]]) -> str:
    """Return all figures for programs."""
    rows = {
        name: [asdict(one) | {"met": one.met} for one in figures]
        for name, figures in results.items()
    }
    return json.dumps(rows, indent=2)
