"""The parts of a score in a line of a table."""

from collections.abc import Mapping

LEAST = 0.05
"""Log-odds below which a part is not named but added up with the others."""
WIDTH = 28
"""Letters that a list needs in a line; a terminal with less room gets one line per figure."""


def in_words(parts: Mapping[str, float]) -> str:
    """Name parts, the largest first; what is small is added up as "others", so that the sum stays."""
    named = [(name, value) for name, value in parts.items() if abs(value) >= LEAST]
    named.sort(key=lambda pair: -abs(pair[1]))
    others = sum(value for value in parts.values() if abs(value) < LEAST)
    if abs(others) >= 0.005:
        named.append(("others", others))
    return ", ".join(f"{name} {value:+.2f}" for name, value in named)
