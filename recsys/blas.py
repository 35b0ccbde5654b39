"""One BLAS thread: small batched algebra on a shared machine gets slower, not faster, with more."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread for a while.

    Two OpenBLAS threads that have to share their cores with another process wait for each other in
    a busy loop; a fit of 3 s was measured to take 36 s. threadpoolctl comes with scikit-learn, so
    this is for the training half only.
    """
    limits: AbstractContextManager[Any] = import_module("threadpoolctl").threadpool_limits(1)
    return limits
