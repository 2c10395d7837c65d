"""What happens above the capacity, and what one organization's import costs another. Each ratio comes from
one run, by turns."""

import json
import subprocess

from instance import BenchError, dying_with_us
from measure import FlushWatch, figure, report

OVERLOAD_S, QUICK_OVERLOAD_S = 60, 15
FAIRNESS_S, QUICK_FAIRNESS_S = 64, 24
FACTOR = 4
IMPORT_CONNECTIONS = 64
ORGANIZATIONS_MAX = 40  # until one in the same partition and one in another have been found


def play(state, workload, *words):
    """`annals bench`; answers its result."""
    path = state.instance.home / f"{workload}.json"
    command = [state.instance.binary, "bench", "--workload", workload, "--api", state.instance.url]
    command += ["--json", path, *map(str, words)]
    done = subprocess.run(dying_with_us(command), capture_output=True, text=True, check=False)
    if not path.is_file():
        raise BenchError(f"{workload}: {done.stderr.strip()[-800:]}")
    if done.returncode:
        report(f"{workload} ended with {done.returncode}: {done.stdout.strip()} {done.stderr.strip()[-800:]}")
    return json.loads(path.read_text(encoding="utf-8"))


def overload(state):
    """Four times the capacity: what is refused, how soon, and what the rest pays."""
    print("==> overload: CreateTask at four times the capacity, open loop", flush=True)
    seconds = state.overload_s or (QUICK_OVERLOAD_S if state.quick else OVERLOAD_S)
    words = ["--load-targets", state.pairs, "--load-seconds", seconds, "--factor", FACTOR]
    with FlushWatch(state.instance) as disk:
        found = play(state, "overload", *words)
    state.instance.catch_up()
    report(json.dumps(found))
    return [
        figure("overload_accepted", found["accepted_per_s"], "1/s", [found["capacity_per_s"]]),
        figure("overload_503_max", found["refused_max_ms"], "ms", None, "<= 1,000 ms"),
        figure("overload_p99", found["accepted_p99_ms"], "ms", [found["quiet_p99_ms"]], "ratio <= 5"),
        disk.figure("overload_flush_p99"),
        figure("overload_memory", found["mib_end"], "MiB", [found["mib_middle"]], "flat: ratio about 1"),
    ]


def targets_of(state, tenant):
    """A file of the organization's projects, with a token that holds for ten minutes from now."""
    token = state.instance.log_in(tenant)
    path = state.instance.home / f"pairs-{tenant}"
    projects = [target[1] for target in state.instance.targets if target[4] == tenant]
    path.write_text("".join(f"{token} {project}\n" for project in projects), encoding="ascii")
    return path


def partitions_of(state):
    rows = state.instance.sql(
        "select distinct tenant_id, partition from log.event where type = 'prj.TaskCreated'"
    )
    return dict(row.split("|") for row in rows.splitlines())


def rivals(state):
    """Three organizations: the measured one, one in its partition, one in another; more are founded until
    there are such."""
    state.targets  # makes the data
    for number in range(ORGANIZATIONS_MAX):
        tenants = list(dict.fromkeys(target[4] for target in state.instance.targets))
        partition = partitions_of(state)
        for measured in tenants:
            same = [each for each in tenants if each != measured and partition[each] == partition[measured]]
            other = [each for each in tenants if partition[each] != partition[measured]]
            if same and other:
                return measured, same[0], other[0]
        form = {"name": f"More {number}", "slug": f"more-{number}"}
        founder = state.instance.log_in(tenants[0])
        founded = state.instance.call("POST", "/api/v1/orgs", form, founder)[1]
        state.instance.read_back(f"orgs/{founded['id']}", founded, founder)
        state.instance.populate_organization(founded["id"])
    raise BenchError("no two organizations share a partition")


def fairness(state):
    """One organization's commands and their visibility while another imports with 64 connections."""
    print("==> fairness: one organization at a steady rate, alone and beside an import", flush=True)
    seconds = QUICK_FAIRNESS_S if state.quick else FAIRNESS_S
    measured, same, other = rivals(state)
    figures = []
    for name, rival in (("same partition", same), ("other partition", other)):
        words = ["--load-targets", targets_of(state, measured), "--rivals", targets_of(state, rival)]
        words += ["--load-seconds", seconds, "--load-connections", IMPORT_CONNECTIONS]
        with FlushWatch(state.instance) as disk:
            found = play(state, "fairness", *words)
        state.instance.catch_up()
        report(f"{name}: {json.dumps(found)}")
        for what in ("answered", "visible"):
            figures.append(
                figure(
                    f"fair_{what}_p99 {name.split()[0]}",
                    found[f"busy_{what}_p99_ms"],
                    "ms",
                    [found[f"quiet_{what}_p99_ms"]],
                    "ratio <= 3",
                )
            )
        figures.append(disk.figure(f"fair_flush_p99 {name.split()[0]}"))
    return figures
