"""Free ports on 127.0.0.1, below those that the kernel gives to clients."""

import fcntl
import os
import pathlib
import socket
import tempfile

FIRST, LAST = 21000, 29000
held = []  # locks, for as long as this process lives; scripts/common.sh looks at the same files


def free_port():
    folder = pathlib.Path(tempfile.gettempdir()) / f"annals-ports-{os.geteuid()}"
    folder.mkdir(exist_ok=True)
    for port in range(FIRST + len(held), LAST):
        lock = open(folder / str(port), "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        held.append(lock)
        return port
    raise OSError(f"no free port between {FIRST} and {LAST}")
