"""Runs clang-tidy over the product's sources and remembers what was clean.

A file is looked at again only when its bytes, those of any header it includes (system headers by size and
time), its compile command, .clang-tidy or clang-tidy itself changed: the same input has the same answer.
Usage: clang_tidy.py BUILD_DIR [--changed]
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("domain", "commands", "projections", "api", "infra")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "annals", "clang-tidy")
JOBS = 2
CLANG_TIDY = "clang-tidy-19"

_digests = {}


def file_digest(path):
    """A digest of one input file; system headers change with their package, so size and time are enough."""
    if path not in _digests:
        try:
            if path.startswith("/usr/"):
                stat = os.stat(path)
                _digests[path] = f"{stat.st_size}:{stat.st_mtime_ns}"
            else:
                _digests[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        except FileNotFoundError:
            _digests[path] = "missing"
    return _digests[path]


def headers_of(entry):
    """Every file the preprocessor opens for this entry (clang -M), absolute."""
    arguments = entry["command"].split()
    arguments = arguments[next(i for i, word in enumerate(arguments) if "clang" in word):]
    dropped = set()
    for position, word in enumerate(arguments):
        if word in ("-o", "-c"):
            dropped.add(position)
        if word == "-o":
            dropped.add(position + 1)
    command = [word for position, word in enumerate(arguments) if position not in dropped] + ["-M"]
    made = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return None
    words = made.stdout.replace("\\\n", " ").split()[1:]
    return sorted({os.path.normpath(os.path.join(entry["directory"], word)) for word in words})


def cache_key(entry, base):
    headers = headers_of(entry)
    if headers is None:
        return None
    key = hashlib.sha256(base)
    key.update(entry["command"].replace(str(ROOT), ".").encode())  # another clone has the same answer
    for header in headers:
        # Relative inside the clone, absolute outside: the way from a clone to /usr depends on where it lies.
        name = os.path.relpath(header, ROOT) if header.startswith(f"{ROOT}/") else header
        key.update(f"{name}={file_digest(header)}\n".encode())
    return key.hexdigest()


def check(entry, build_dir, base):
    """Returns (path, cached, output); an output of None means clean."""
    path = os.path.relpath(entry["file"], ROOT)
    key = cache_key(entry, base)
    stamp = CACHE / key if key else None
    if stamp and stamp.exists():
        return path, True, None
    command = [CLANG_TIDY, "-p", build_dir, "--quiet", entry["file"]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        if stamp:
            stamp.touch()
        return path, False, None
    return path, False, run.stdout + run.stderr


def changed_files():
    names = subprocess.run(
        ["git", "ls-files", "-mo", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return {str(ROOT / name) for name in names}


def main(build_dir, only_changed):
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = json.loads(pathlib.Path(build_dir, "compile_commands.json").read_text())
    entries = [entry for entry in entries if os.path.relpath(entry["file"], ROOT).split(os.sep)[0] in FOLDERS]
    if only_changed:
        changed = changed_files()
        entries = [entry for entry in entries if entry["file"] in changed]
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
    base = version + (ROOT / ".clang-tidy").read_bytes()
    cached, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for path, from_cache, output in pool.map(lambda entry: check(entry, build_dir, base), entries):
            cached += from_cache
            if output is not None:
                failed += 1
                print(f"--- {path}\n{output}", flush=True)
    print(f"    {len(entries)} files, {cached} unchanged since they were clean, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--changed" in sys.argv[2:]))
