"""Wall time."""

from datetime import UTC, datetime


class SystemClock:
    """Implements the `Clock` port with the machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return datetime.now(UTC)
