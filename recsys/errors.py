"""What can go wrong in the recommender, as one small tree.

RecsysError
├─ NotFittedError      a method that needs learned state was called before ``fit``
├─ DataError           an input breaks a rule that its docstring states
├─ UnknownItemError    an id that the catalogue does not hold
└─ SnapshotError       a saved model is damaged, altered or of another format
"""


class RecsysError(Exception):
    """Any failure of this package; its text can be shown to an operator."""


class NotFittedError(RecsysError):
    """Learned state was asked for before ``fit``."""


class DataError(RecsysError):
    """An input array or file breaks a stated rule."""


class UnknownItemError(RecsysError):
    """The catalogue does not hold this id."""


class SnapshotError(RecsysError):
    """A saved model cannot be trusted or read."""
