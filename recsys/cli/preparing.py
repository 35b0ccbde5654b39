"""Saying what the preparation of the training rows left out."""

from rich.console import Console

from recsys.preprocessing.report import Report


def tell(report: Report, console: Console) -> None:
    """Print one line where something was dropped or changed; nothing on clean data."""
    if not report.is_clean:
        console.print(f"prepared: {report.in_words()}", markup=False, highlight=False)
