"""Prints what a ctest JUnit file says, ending in `N passed, N failed`; exits 1 unless all tests passed.

A test that was skipped, disabled or not run counts as failed: nothing here may hide.
"""

import sys
import xml.etree.ElementTree as ElementTree


def main(path):
    try:
        cases = ElementTree.parse(path).getroot().findall("testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test results: {error}")
        print("0 passed, 1 failed")
        return 1
    failed = [case for case in cases if case.get("status") != "run"]
    suites = {}
    for case in cases:
        suite = case.get("name").rpartition(".")[0] or case.get("name")
        count, seconds, bad = suites.get(suite, (0, 0.0, 0))
        suites[suite] = (count + 1, seconds + float(case.get("time", 0)), bad + (case in failed))
    for suite, (count, seconds, bad) in sorted(suites.items()):
        print(f"{suite:<60} {count - bad:>4} of {count:<4} {seconds:8.2f} s")
    for case in failed:
        print(f"FAILED {case.get('name')} ({case.get('status')})")
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
