"""The command with a reader that fails on files whose names say how."""

import os
import time
from pathlib import Path
from typing import Any

from secsvc_batch.cli import main
from secsvc_batch.round import examine

room: Any = examine
sound = room.read_submission


def read(path: Path, *arguments: Any, **named: Any) -> Any:
    if "aborts" in path.name:
        os.abort()
    if "sleeps" in path.name:
        time.sleep(600)
    if "grows" in path.name:
        hoard = []
        while True:
            hoard.append(bytearray(64 << 20))
    if "killed" in path.name:
        os.kill(os.getpid(), 9)
    return sound(path, *arguments, **named)


# workers begin afresh and import this file, too
room.read_submission = read

if __name__ == "__main__":
    main()
