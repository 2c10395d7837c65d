#!/usr/bin/env python3
"""Instructions of one command's pure path: read, decide, line, hash. `./dev bench path-cost [--record]`.

The numbers are exact, because nothing of a run depends on time, chance or the machine: ids, clock and keys
are fixed, and valgrind emulates one processor with AVX2 and without SHA extensions on every x86-64 that has
AVX2. So glibc, OpenSSL and libsodium choose the same routines everywhere, SHA-256 in software among them.
Counts of two numbers of commands are subtracted, so that start-up does not count.
"""

import argparse
import os
import pathlib
import re
import sys

import expected
from instance import BenchError, refuse_slow_build, run

GROWTH_MAX = 0.05
FEW, MANY = 100, 1100  # few of each are in every run: the first ones fill caches


def instructions(binary, creates, moves):
    """Of a whole run."""
    callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"]
    out = run([*callgrind, str(binary), str(creates), str(moves)])
    return int(re.search(r"Collected : (\d+)", out)[1])


def measure():
    """Instructions of one command, by its name."""
    if "BENCH_PATH_COST" not in os.environ:
        raise BenchError("BENCH_PATH_COST is not set; run it as ./dev bench path-cost")
    binary = pathlib.Path(os.environ["BENCH_PATH_COST"])
    refuse_slow_build(binary)
    if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace"):
        raise BenchError("the recorded instruction counts are those of an x86-64 with AVX2")
    few = instructions(binary, FEW, FEW)
    return {
        "create_task": round((instructions(binary, MANY, FEW) - few) / (MANY - FEW)),
        "move_task": round((instructions(binary, FEW, MANY) - few) / (MANY - FEW)),
    }


def check():
    """Compares with what is recorded; answers how many passed and failed."""
    recorded, failed = expected.read()["path_instructions"], 0
    found = measure()
    for name, count in found.items():
        growth = count / recorded[name] - 1
        well = growth <= GROWTH_MAX
        failed += not well
        print(
            f"{'ok  ' if well else 'FAIL'}  {name}: {count:,} instructions from body to hash, "
            f"{growth:+.1%} of the recorded {recorded[name]:,} (at most {GROWTH_MAX:+.0%})"
        )
    if failed:
        print("      When the growth is worth it, record it: ./dev bench path-cost --record, and say why in")
        print("      the commit. Where it is: valgrind --tool=callgrind build/release/bin/annals_path_cost")
        print("      1000 1000, then callgrind_annotate, before and after the change.")
    return len(found) - failed, failed


def record():
    found = measure()
    expected.write("path_instructions", found)
    for name, count in found.items():
        print(f"recorded  {name}: {count:,} instructions")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench path-cost", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--record", action="store_true", help="write what is found to expected.json")
    arguments = parser.parse_args()
    try:
        if arguments.record:
            record()
            return 0
        passed, failed = check()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
