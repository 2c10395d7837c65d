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

import command_benches
import cost_benches
import floor_benches
import growth_benches
import guard
import log_benches
import overload_benches
import process_benches
import query_benches
import settings_benches
import stall_benches
from instance import BenchError, Instance, refuse_slow_build
from measure import State

# Order matters: footprint asks for the idle process first, query and visible use what command wrote, and what
# makes the tables large comes last.
BENCHES = {
    "footprint": process_benches.footprint_idle,
    "command": command_benches.command,
    "query": query_benches.query,
    "visible": query_benches.visible,
    "command-latency": command_benches.command_latency,
    "login": command_benches.login,
    "command-3": command_benches.command_three,
    "cost": cost_benches.cost,
    "footprint_load": process_benches.footprint_load,
    "command-batch": command_benches.command_batch,
    "verify": log_benches.verify,
    "rebuild": log_benches.rebuild,
    "relay": log_benches.relay,
    "list": query_benches.task_list,
    "floor": floor_benches.floor,
    "fairness": overload_benches.fairness,
    "overload": overload_benches.overload,
    "stalls": stall_benches.stalls,
    "settings": settings_benches.settings,
    "growth": growth_benches.growth,
    "build": process_benches.build,
}
NAMES = tuple(name for name in BENCHES if name != "footprint_load")
NAMED_ONLY = ("floor", "fairness", "overload", "stalls", "settings", "growth", "build")
BY_DEFAULT = tuple(name for name in NAMES if name not in NAMED_ONLY)
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
QUICK = ("command", "query", "visible", "footprint")
GUARDED = ("command", "query")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="measure beside reference programs")
    names = ", ".join(NAMES)
    fewer = "all but the last seven by default"
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{names}; {fewer}")
    parser.add_argument(
        "--quick", action="store_true", help=f"short rounds, more noise; by default {', '.join(QUICK)}"
    )
    parser.add_argument("--json", metavar="FILE", help="also write one JSON object per figure")
    parser.add_argument("--markdown", metavar="FILE", help="put the table between the markers of this page")
    parser.add_argument("--overload-s", type=int, metavar="S", help="seconds of overload; 60")
    parser.add_argument("--kafka", choices=("embedded", "real"), default="embedded", help="the broker")
    parser.add_argument(
        "--guard", action="store_true", help=f"fail far below expected.json; by default {', '.join(GUARDED)}"
    )
    parser.add_argument("--record-expected", action="store_true", help="write expected.json anew")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no bench {name}; there are {names}")
    return arguments


def selected(arguments):
    """The functions to run, in their order."""
    by_default = QUICK if arguments.quick else BY_DEFAULT
    if arguments.guard or arguments.record_expected:
        by_default = GUARDED
    wanted = set(arguments.names or by_default)
    if "footprint" in wanted:
        wanted.add("footprint_load")
    if "visible" in wanted or "footprint" in wanted:
        wanted.add("command")  # half of what it measures is the load
    return [run for name, run in BENCHES.items() if name in wanted]


def cells(figure):
    """What a table shows of a figure."""
    number = f"{figure['value']:,.0f}" if figure["value"] >= 100 else f"{figure['value']:,.2f}"
    spread = "" if figure["spread"] is None else f"{figure['spread']:.0%}"
    reference = figure["reference"]
    beside = "" if reference is None else f"{reference:,.0f}" if reference >= 100 else f"{reference:,.2f}"
    ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
    return [figure["name"], number, figure["unit"], spread, beside, ratio, figure["goal"] or ""]


NAME_COLUMNS_MIN = 24
HEADINGS = ["name", "median", "unit", "spread", "reference", "ratio", "goal"]


def print_table(figures):
    print()
    width = max([NAME_COLUMNS_MIN] + [len(each["name"]) + 1 for each in figures])
    for row in [HEADINGS] + [cells(each) for each in figures]:
        name, number, unit, spread, beside, ratio, goal = row
        print(f"{name:<{width}}{number:>12} {unit:<8}{spread:>7}{beside:>12}{ratio:>7}  {goal}")


def write_markdown(path, figures):
    """Puts the table between the page's two markers."""
    page = pathlib.Path(path).read_text(encoding="utf-8")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    rows = [HEADINGS, ["---"] * len(HEADINGS)] + [cells(each) for each in figures]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    pathlib.Path(path).write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def main():
    arguments = parse_arguments()
    figures = []
    try:
        binary = pathlib.Path(os.environ["ANNALS_BIN"])
        refuse_slow_build(binary)
        with tempfile.TemporaryDirectory(prefix="annals-bench-") as work:
            kafka = os.environ["ANNALS_TEST_KAFKA"] if arguments.kafka == "real" else None
            with Instance(binary, pathlib.Path(work), os.environ["ANNALS_TEST_PG"], kafka) as instance:
                state = State(instance, arguments.quick, arguments.overload_s)
                for run in selected(arguments):
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
    if arguments.markdown:
        write_markdown(arguments.markdown, figures)
    return guarded(arguments, figures)


def guarded(arguments, figures):
    """Records or compares, as was asked for; the exit status."""
    if not (arguments.guard or arguments.record_expected):
        return 0
    try:
        if arguments.record_expected:
            guard.record(figures, GUARDED)
        return guard.check(figures) if arguments.guard else 0
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
