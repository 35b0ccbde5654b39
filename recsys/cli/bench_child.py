"""One measured fit in a process of its own, so that its peak memory is its own.

`python -m recsys.cli.bench_child USERS ITEMS INTERACTIONS` prints a line of JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from recsys.blas import one_thread
from recsys.cli.bench_data import as_rows, listening
from recsys.config import Config
from recsys.training import fit

_STATUS = Path("/proc/self/status")


def main(arguments: Sequence[str]) -> int:
    """Generate, fit the whole hybrid, print seconds and peak memory."""
    n_users, n_items, n = (int(one) for one in arguments)
    rows, catalogue = as_rows(listening(n_users, n_items, n))
    before = _peak()
    started = time.perf_counter()
    with one_thread():
        model = fit(rows, catalogue, Config())
    seconds = time.perf_counter() - started
    facts = {
        "interactions": len(rows),
        "listeners": n_users,
        "items": n_items,
        "seconds": round(seconds, 2),
        "peak_mib": round(_peak()),
        "data_mib": round(before),
        "parts": len(model.parts),
    }
    print(json.dumps(facts))
    return 0


def _peak() -> float:
    """Most memory this process ever had, MiB.

    On Linux `ru_maxrss` also counts what the parent had before the exec; VmHWM does not.
    """
    if _STATUS.exists():
        kilobytes = next(line for line in _STATUS.read_text().splitlines() if "VmHWM" in line)
        return int(kilobytes.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on a Mac


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
