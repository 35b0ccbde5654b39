"""What a command takes of the machine's memory."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mib() -> int:
    """Most resident memory this process ever had, MiB.

    On Linux `ru_maxrss` also counts what the parent had before the exec; VmHWM does not.
    """
    if _STATUS.exists():
        kilobytes = next(line for line in _STATUS.read_text().splitlines() if "VmHWM" in line)
        return round(int(kilobytes.split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)  # bytes on a Mac
