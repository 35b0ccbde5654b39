"""A child that misbehaves on request: `python -m tests.worker.stub_job JOB WHAT …`.

`WHAT` is the name of the upload folder: the worker passes it on untouched.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    what = Path(sys.argv[2]).name
    folder = Path(sys.argv[2])
    if what == "crash":
        sys.stderr.write("something\nValueError: the last line\n")
        sys.exit(1)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "silent":
        return
    if what == "nonsense":
        print("this is no JSON", flush=True)
        time.sleep(60)
    if what == "endless":
        while True:
            sys.stdout.write("x" * 65536)
    if what == "chatty":
        for _ in range(20_000):
            print(json.dumps({"event": "progress", "rows": 1}) + " " * 400, flush=False)
            sys.stderr.write("words " * 20 + "\n")
        time.sleep(60)
    if what == "sleep":
        grandchild = subprocess.Popen(["sleep", "60"])
        (folder / "pids").write_text(f"{os.getpid()} {grandchild.pid}")
        print(json.dumps({"event": "progress", "rows": 7}), flush=True)
        time.sleep(60)
    if what == "environment":
        notes = [f"{name}={value}" for name, value in sorted(os.environ.items())]
        notes.append(f"nice={os.nice(0)}")
        print(json.dumps({"event": "result", "rows": len(notes), "notes": notes}), flush=True)
    if what.startswith("count"):
        log = folder.parent / "log"
        with log.open("a") as file:
            file.write("+")
        time.sleep(0.3)
        with log.open("a") as file:
            file.write("-")
        print(json.dumps({"event": "result", "rows": 1, "notes": []}), flush=True)


if __name__ == "__main__":
    main()
