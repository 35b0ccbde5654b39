"""One measured fit in a process of its own, so that its peak memory is its own.

`python -m recsys.cli.bench_child USERS ITEMS INTERACTIONS` prints a line of JSON.
"""

import json
import sys
import time
from collections.abc import Sequence

from recsys.blas import one_thread
from recsys.cli.bench_data import as_rows, listening
from recsys.cli.memory import peak_mib
from recsys.config import Config
from recsys.training import fit


def main(arguments: Sequence[str]) -> int:
    """Generate, fit the whole hybrid, print seconds and peak memory."""
    n_users, n_items, n = (int(one) for one in arguments)
    rows, catalogue = as_rows(listening(n_users, n_items, n))
    before = peak_mib()
    started = time.perf_counter()
    with one_thread():
        model = fit(rows, catalogue, Config())
    seconds = time.perf_counter() - started
    facts = {
        "interactions": len(rows),
        "listeners": n_users,
        "items": n_items,
        "seconds": round(seconds, 2),
        "peak_mib": peak_mib(),
        "data_mib": before,
        "parts": len(model.parts),
    }
    print(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
