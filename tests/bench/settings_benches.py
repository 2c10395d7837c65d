"""What PostgreSQL's settings do to `command`: its rate, and the processor time and WAL of an event.

Only on a cluster of the bench's own: settings are changed with ALTER SYSTEM and taken back, and some restart
it.
"""

import contextlib
import os
import pathlib
import statistics
import time

from cost_benches import measure_round
from instance import BenchError, run
from measure import figure, report, wrk

# As ./dev makes the cluster is the other arm of each; a name may stand for several settings.
RELOADED = (
    {"wal_compression": "off"},
    {"wal_compression": "zstd"},
    {"commit_delay": "100", "commit_siblings": "1"},
    {"wal_sync_method": "open_datasync"},
)
RESTARTED = ({"shared_buffers": "128MB"}, {"wal_buffers": "16MB"})
# How far apart checkpoints are shows only in rounds that are longer than that.
SPACED = ({"max_wal_size": "256MB"}, {"max_wal_size": "1GB"})
AS_MADE = {}

RELOADED_CYCLES, RESTARTED_CYCLES, SPACED_CYCLES, QUICK_CYCLES = 4, 3, 2, 1
ROUND_S, SPACED_ROUND_S, QUICK_ROUND_S = 4, 20, 2
WARM_UP_S, RESTART_WARM_UP_S = 1, 5  # after each change; all caches are empty after a restart
BACK_S_MAX = 30
RESTART_S_MAX = "60"


class Cluster:
    """The settings of PostgreSQL; what was changed is taken back at the end."""

    def __init__(self, instance):
        self.instance, self.changed, self.restarted = instance, set(), False

    def apply(self, values, restart=False):
        """Makes these settings differ from how the cluster was made, and no others."""
        touched = self.changed | set(values)
        self.change(values)
        if restart:
            self.restarted = True
            self.restart()
            self.restarted = bool(values)
            self.wait_until_served()
        self.wait_until_in_force(touched)

    def change(self, values):
        """Notes what may differ before it does, so that nothing is left if a statement fails."""
        for name in self.changed - set(values):
            self.instance.sql(f"alter system reset {name}")
        self.changed |= set(values)
        for name, value in values.items():
            self.instance.sql(f"alter system set {name} = '{value}'")
        self.changed = set(values)
        self.instance.sql("select pg_reload_conf()")

    def take_back(self):
        """What came into force by a restart goes by another one only."""
        self.change(AS_MADE)
        if self.restarted:
            self.restart()

    def wait_until_in_force(self, touched):
        """New sessions may be a little older than the reload that was asked for."""
        if not touched:
            return
        names = ",".join(f"'{name}'" for name in touched)
        wanted = ",".join(f"'{name}'" for name in self.changed) or "''"
        wrong = (
            f"select count(*) from pg_settings where name in ({names}) and (pending_restart"
            f" or coalesce(sourcefile like '%postgresql.auto.conf', false) <> (name in ({wanted})))"
        )
        deadline = time.monotonic() + BACK_S_MAX
        while int(self.instance.sql(wrong)) > 0:
            if time.monotonic() > deadline:
                raise BenchError(f"{names}: not in force after {BACK_S_MAX} s")
            time.sleep(0.02)

    def restart(self):
        data = pathlib.Path(self.instance.data_directory())
        programs = self.instance.sql("select setting from pg_config where name = 'BINDIR'")
        owner = data.stat()
        command = [f"{programs}/pg_ctl", "restart", "-s", "-w", "-t", RESTART_S_MAX, "-m", "fast", "-D", data]
        if os.geteuid() == 0:
            user = [f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--init-groups"]
            command = ["setpriv", *user, "env", "-C", "/", *command]
        run([*command, "-l", data.parent / "log"])

    def wait_until_served(self):
        """The server has found PostgreSQL again: a command is accepted and shown."""
        instance = self.instance
        token, project = instance.targets[0][:2]
        deadline = time.monotonic() + BACK_S_MAX
        task = {"title": "After a restart of PostgreSQL"}
        while instance.call("POST", f"/api/v1/projects/{project}/tasks", task, token, None)[0] != 201:
            if time.monotonic() > deadline:
                raise BenchError(f"no command is accepted {BACK_S_MAX} s after a restart of PostgreSQL")
            time.sleep(0.05)
        instance.catch_up()


@contextlib.contextmanager
def own_cluster(instance):
    cluster = Cluster(instance)
    try:
        yield cluster
    finally:
        cluster.take_back()


def name_of(values):
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "as made"


def supported(instance, variants):
    """Those whose value this build of PostgreSQL knows."""
    known = instance.sql("select unnest(enumvals) from pg_settings where name = 'wal_compression'").split()
    return [v for v in variants if v.get("wal_compression", known[0]) in known]


def order(variants, cycles):
    """The arms of a comparison: as made, two variants, as made, ...; every other cycle backwards, so that
    what grows during the run meets all alike."""
    arms = [AS_MADE]
    for cycle in range(cycles):
        turn = variants if cycle % 2 == 0 else variants[::-1]
        for at in range(0, len(turn), 2):
            arms += [*turn[at : at + 2], AS_MADE]
    return arms


class Comparison:
    """Rounds of variants between rounds of the cluster as it was made. Each round begins with a checkpoint,
    so that all write the same pages whole."""

    def __init__(self, state, cluster):
        self.state, self.cluster = state, cluster
        self.seed = 0

    def run(self, variants, cycles, seconds, restart=False):
        """Figures of each variant beside the cluster as it was made."""
        rounds = []
        for values in order(variants, cycles):
            self.seed += 1
            self.cluster.apply(values, restart)
            wrk(self.state, "command.lua", RESTART_WARM_UP_S if restart else WARM_UP_S, self.seed)
            self.state.instance.catch_up()
            self.state.instance.sql("checkpoint")
            costs, wal, per_s = measure_round(self.state, self.seed, seconds)
            cost_us = sum(costs.values())
            rounds.append((values, (per_s, cost_us, wal)))
            report(f"{name_of(values)}: {per_s:,.0f}/s, {cost_us:.0f} us, {wal:,.0f} B of WAL")
        own = [figures_of(rounds, values) for values in variants]
        return [each for group in [*own, noise_of(rounds, seconds, restart)] for each in group]


def beside(rounds, at):
    """The rounds as made before and after this one, of each measure their mean."""
    before = next(r for v, r in reversed(rounds[:at]) if not v)
    after = next(r for v, r in rounds[at + 1 :] if not v)
    return [statistics.mean(pair) for pair in zip(before, after)]


MEASURES = (("rate", "1/s"), ("cost", "us"), ("wal", "B"))


def paired(name, measured, references):
    """One figure for each measure; the ratio is the median of the rounds' ratios, the spread is theirs."""
    figures = []
    for at, (measure, unit) in enumerate(MEASURES):
        ours, theirs = [r[at] for r in measured], [r[at] for r in references]
        ratios = [a / b for a, b in zip(ours, theirs)]
        each = figure(f"settings_{measure} {name}", ours, unit, theirs)
        each["ratio"] = round(statistics.median(ratios), 3)
        each["spread"] = round(max(ratios) - min(ratios), 3)
        figures.append(each)
    return figures


def figures_of(rounds, values):
    places = [at for at, (own, _) in enumerate(rounds) if own == values]
    return paired(name_of(values), [rounds[at][1] for at in places], [beside(rounds, at) for at in places])


def noise_of(rounds, seconds, restart):
    """The cluster as made beside itself: what a ratio is worth that is no further from 1."""
    places = [at for at, (own, _) in enumerate(rounds) if not own][1:-1]
    if not places:
        return []
    name = f"as made, {seconds} s" + (" after a restart" if restart else "")
    return paired(name, [rounds[at][1] for at in places], [beside(rounds, at) for at in places])


def settings(state):
    """Each setting beside the cluster as ./dev makes it, by turns."""
    print("==> settings: PostgreSQL's settings under the load of command", flush=True)
    state.targets  # makes the data
    seconds = QUICK_ROUND_S if state.quick else ROUND_S
    reloads = QUICK_CYCLES if state.quick else RELOADED_CYCLES
    restarts = QUICK_CYCLES if state.quick else RESTARTED_CYCLES
    with own_cluster(state.instance) as cluster:
        comparison = Comparison(state, cluster)
        figures = comparison.run(supported(state.instance, RELOADED), reloads, seconds)
        figures += comparison.run(RESTARTED, restarts, seconds, restart=True)
        if not state.quick:
            figures += comparison.run(SPACED, SPACED_CYCLES, SPACED_ROUND_S)
    return figures
