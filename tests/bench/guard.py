"""`./dev bench --guard`: fails on the shape of the figures, not on their noise. What is compared is in
expected.json."""

import expected
import path_cost

SHARE_MIN = 0.5  # of the recorded ratio


def check(figures):
    """Compares the ratios and the instructions of the pure path; answers the exit status."""
    print()
    ratios = {figure["name"]: figure["ratio"] for figure in figures}
    passed = failed = 0
    for name, recorded in expected.read()["ratios"].items():
        ratio, least = ratios.get(name), SHARE_MIN * recorded
        well = ratio is not None and ratio >= least
        passed, failed = passed + well, failed + (not well)
        found = "was not measured" if ratio is None else f"ratio {ratio:.2f}"
        verdict = "ok  " if well else "FAIL"
        print(f"{verdict}  {name}: {found}, at least {least:.2f} (half of {recorded:.2f})")
    if failed:
        print("      Meant so? Record it: ./dev bench --quick --record-expected, and say why in the commit.")
    path_passed, path_failed = path_cost.check()
    print(f"{passed + path_passed} passed, {failed + path_failed} failed")
    return 1 if failed + path_failed else 0


def record(figures, names):
    """Writes the ratios of these figures, where they were measured, and the instructions."""
    ratios = {figure["name"]: figure["ratio"] for figure in figures}
    expected.write("ratios", {name: round(ratios[name], 2) for name in names if ratios.get(name)})
    path_cost.record()
