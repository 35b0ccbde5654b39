"""What a preparation dropped and changed, and why."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One rule applied to some rows.

    Parameters
    ----------
    name : str
    rows : int
        Rows that came in.
    dropped, changed : int
        Rows that were left out, and rows that went on with another value.
    why : str
        The rule in words.
    """

    name: str
    rows: int
    dropped: int
    changed: int
    why: str


@dataclass(frozen=True)
class Report:
    """Steps in the order in which they were taken."""

    steps: tuple[Step, ...] = ()

    def __add__(self, other: "Report") -> "Report":
        """Join two reports."""
        return Report(self.steps + other.steps)

    @property
    def dropped(self) -> int:
        """Rows that were left out by any step."""
        return sum(step.dropped for step in self.steps)

    @property
    def is_clean(self) -> bool:
        """Whether every row went through as it was."""
        return not any(step.dropped or step.changed for step in self.steps)

    def as_list(self) -> list[dict[str, Any]]:
        """Give the steps as JSON."""
        return [asdict(step) for step in self.steps]

    def in_words(self) -> str:
        """Say in one sentence what happened; empty where nothing did."""
        said = [
            f"{step.name}: {step.dropped} dropped, {step.changed} changed ({step.why})"
            for step in self.steps
            if step.dropped or step.changed
        ]
        return "; ".join(said)
