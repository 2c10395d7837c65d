"""Small file systems of the run, which can be filled to the last byte and emptied again.

A file system in a file (ext4 on a loop device: fsync reaches the disk), or in memory where loop devices are
not permitted. The run has a mount namespace of its own, so nothing stays behind. Where no mount is permitted
the volume is a plain folder, and faults that need a full disk do not happen; the report says so.
"""

import os
import pathlib

from children import run


class Volume:
    def __init__(self, folder, mib, private):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.image = self.folder.with_suffix(".img")
        self.ballast = self.folder / "ballast"
        self.kind = self.mount(mib) if private else "folder"

    def mount(self, mib):
        with open(self.image, "wb") as image:
            image.truncate(mib << 20)
        options = ["-q", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1"]
        status, _ = run(["mkfs.ext4", *options, self.image])
        if status == 0:
            status, _ = run(["mount", "-o", "loop,noatime", self.image, self.folder])
        if status == 0:
            (self.folder / "lost+found").rmdir()
            return "ext4"
        self.image.unlink()
        status, _ = run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", self.folder])
        return "tmpfs" if status == 0 else "folder"

    @property
    def can_be_filled(self):
        return self.kind != "folder"

    def free_bytes(self):
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    def used_share(self):
        state = os.statvfs(self.folder)
        return 1 - state.f_bavail / max(1, state.f_blocks)

    def fill(self):
        """Takes every free block."""
        with open(self.ballast, "ab") as ballast:
            size = 0
            for step in (1 << 26, 1 << 22, 1 << 16, 1 << 12):
                while True:
                    try:
                        os.posix_fallocate(ballast.fileno(), size, step)
                        size += step
                    except OSError:
                        break

    def empty(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        self.empty()
        if self.kind != "folder":
            run(["umount", "-l", self.folder])
        self.image.unlink(missing_ok=True)
