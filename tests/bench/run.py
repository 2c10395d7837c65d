#!/usr/bin/env python3
"""Benches of `./dev bench`: each figure beside a reference measured in the same run on the same servers.

`./dev bench` starts PostgreSQL (and, with --kafka real, Apache Kafka) and calls this with ANNALS_BIN,
ANNALS_TEST_PG and perhaps ANNALS_TEST_KAFKA set. README.md beside this file says what each figure means.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

import benches
from instance import BenchError, Instance, refuse_slow_build

# Order matters: footprint asks for the idle process first, and query and visible use what command wrote.
BENCHES = {
    "footprint": benches.footprint_idle,
    "command": benches.command,
    "query": benches.query,
    "visible": benches.visible,
    "footprint_load": benches.footprint_load,
    "build": benches.build,
}
NAMES = ("command", "query", "visible", "footprint", "build")
BY_DEFAULT = ("command", "query", "visible", "footprint")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="measure beside reference programs")
    names = ", ".join(NAMES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{names}; all but build by default")
    parser.add_argument("--quick", action="store_true", help="short rounds: 90 s in all, and more noise")
    parser.add_argument("--json", metavar="FILE", help="also write one JSON object per figure")
    parser.add_argument("--kafka", choices=("embedded", "real"), default="embedded", help="the broker")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no bench {name}; there are {names}")
    return arguments


def selected(names):
    """The functions to run, in their order."""
    wanted = set(names or BY_DEFAULT)
    if "footprint" in wanted:
        wanted.add("footprint_load")
    if "visible" in wanted or "footprint" in wanted:
        wanted.add("command")  # half of what it measures is the load
    return [run for name, run in BENCHES.items() if name in wanted]


def print_table(figures):
    print(f"\n{'name':<28}{'value':>12} {'unit':<8}{'reference':>12}{'ratio':>8}  goal")
    for figure in figures:
        reference = "" if figure["reference"] is None else f"{figure['reference']:,.0f}"
        ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
        value = f"{figure['value']:,.0f}" if figure["value"] >= 100 else f"{figure['value']:,.2f}"
        start = f"{figure['name']:<28}{value:>12} {figure['unit']:<8}"
        print(f"{start}{reference:>12}{ratio:>8}  {figure['goal'] or ''}")


def main():
    arguments = parse_arguments()
    figures = []
    try:
        binary = pathlib.Path(os.environ["ANNALS_BIN"])
        refuse_slow_build(binary)
        with tempfile.TemporaryDirectory(prefix="annals-bench-") as work:
            kafka = os.environ["ANNALS_TEST_KAFKA"] if arguments.kafka == "real" else None
            with Instance(binary, pathlib.Path(work), os.environ["ANNALS_TEST_PG"], kafka) as instance:
                state = benches.State(instance, arguments.quick)
                for run in selected(arguments.names):
                    figures += run(state)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyError as missing:
        print(f"bench: {missing} is not set; run it as ./dev bench", file=sys.stderr)
        return 1
    print_table(figures)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(figure) + "\n" for figure in figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
