"""Warning of columns in another order: they count by place, so that no header can be wrong."""

import re
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from recsys.evidence import Interactions

_TOLD = r"s?[ _-]?(id|name|mbid)?s?"
_ITEM = re.compile(r"(item|artist|track|song|album|recording)" + _TOLD)
_USER = re.compile(r"(user|listener|member|person|account)" + _TOLD)


def tell_swapped(name: str, header: Sequence[object], third: str = "count") -> None:
    """Warn of a table, by its file name, whose header names the item first and the user second."""
    first, second = (str(cell).strip() for cell in header[:2])
    if _ITEM.fullmatch(first.lower()) and _USER.fullmatch(second.lower()):
        _warn(f"the header of {name} says {first}, {second}", third)


def says_columns(header: Sequence[str]) -> bool:
    """Whether one of the first two names says what such a column holds: a listener, or an item."""
    names = [name.strip().lower() for name in header[:2]]
    return any(kind.fullmatch(name) for kind in (_USER, _ITEM) for name in names)


def tell_apart(rows: Mapping[str, Interactions]) -> None:
    """Warn of held-out rows whose listeners are all unknown to ``train``, where they should be alike."""
    strange = [
        name
        for name, part in rows.items()
        if len(part) and not np.isin(part.user, rows["train"].user).any()
    ]
    if strange and len(rows["train"]):
        _warn(f"none of the listeners of {' and '.join(strange)} is in train", "count")


def _warn(what: str, third: str) -> None:
    print(
        f"warning: {what}; columns count by place, whatever the header calls them: check that they "
        f"are user, item, {third}",
        file=sys.stderr,
    )
