"""The summary of a run: tables for people, an object for machines."""

import collections
import json
import re
import statistics

from watch import next_ack

ERROR_LINE = re.compile(r'"level":"error","code":"([^"]+)","msg":"([^"]*)')
ANSWERED = "HTTP-0a11"  # an access log of 5xx; the load counts them
TEXT_SHOWN, CODES_SHOWN = 70, 25


def quantiles(values):
    """The median and the largest; nulls for no values."""
    return {"p50": statistics.median(values) if values else None, "max": max(values, default=None)}


def recoveries(played, acks, positions):
    """For each kind of kill: until the victim was up, until anything was acknowledged, until something that
    was appended after it, and all before, was visible."""
    rows = {}
    for one in played:
        if not (one.happened and one.outcome.kills):
            continue
        row = rows.setdefault(one.event.fault, {"up": [], "ack": [], "visible": []})
        at = one.outcome.at
        for name, value in (
            ("up", one.outcome.up_s),
            ("ack", next_ack(acks, at)),
            ("visible", positions.visible_after(at)),
        ):
            if value is not None:
                row[name].append(value)
    return rows


def log_codes(system):
    """How often each error was logged by any process, by its code and the first words of its text."""
    codes = collections.Counter()
    for process in system.processes.values():
        with open(process.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                found = ERROR_LINE.search(line)
                if found and found[1] != ANSWERED:
                    codes[f"{found[1]} {found[2][:TEXT_SHOWN]}"] += 1
    return dict(codes.most_common(CODES_SHOWN))


def summary(run):
    """The object of --json. Its first fields are the promised ones; the others are for people who ask why."""
    load = run.result or {}
    verify = run.verified or {}
    differing = sum(table.get("differences", 0) for table in verify.get("read_models", []))
    log_problems = verify.get("log_problems", 0)
    done = collections.Counter(one.event.fault for one in run.player.played if one.happened)
    planned = collections.Counter(event.fault for event in run.events)
    not_done = collections.defaultdict(collections.Counter)
    for one in run.player.played:
        if not one.happened:
            not_done[one.event.fault][one.outcome] += 1
    rows = recoveries(run.player.played, run.acks.read(), run.positions)
    return {
        "seed": run.arguments.seed,
        "kills": sum(one.outcome.kills for one in run.player.played if one.happened),
        "faults": {name: done.get(name, 0) for name in sorted(planned)},
        "acknowledged": load.get("acknowledged", 0),
        "lost": load.get("lost", 0),
        "repeated": load.get("repeated", 0),
        "diverged": load.get("diverged", 0) + differing + log_problems,
        "ok": run.is_well(),
        "kafka": run.arguments.kafka,
        "planned": dict(sorted(planned.items())),
        "not_done": {fault: dict(why) for fault, why in sorted(not_done.items())},
        "unanswered": load.get("unanswered", 0),
        "server_errors": load.get("server_errors", 0),
        "surprises": load.get("surprises", 0),
        "answers": load.get("answers", {}),
        "events": load.get("events", 0),
        "verify": {
            "ok": verify.get("ok", False),
            "log_problems": log_problems,
            "read_model_differences": differing,
        },
        "topic": (
            run.topic if isinstance(run.topic, str) else {"checked": bool(run.topic), "result": run.topic}
        ),
        "findings": [{"kind": kind, "what": what} for kind, what, _ in run.findings.kept],
        "recovery_s": {
            fault: {name: quantiles(values) for name, values in row.items()}
            for fault, row in sorted(rows.items())
        },
        "errors_logged": log_codes(run.system),
        "quiet_after_s": run.quiet_s,
        "play_s": run.play_s,
        "total_s": run.total_s,
        "disks": {name: volume.kind for name, volume in run.system.volumes.items()},
    }


def shown(value):
    return "-" if value is None else f"{value:.2f}"


def print_summary(told):
    print(f"\n{'fault':<22}{'planned':>9}{'done':>7}   not done, and why")
    for fault, planned in told["planned"].items():
        why = "; ".join(f"{count} x {reason}" for reason, count in told["not_done"].get(fault, {}).items())
        print(f"{fault:<22}{planned:>9}{told['faults'][fault]:>7}   {why}")
    print(
        f"\n{'recovery, seconds':<22}{'up p50':>9}{'max':>7}{'ack p50':>10}{'max':>7}"
        f"{'visible p50':>13}{'max':>7}"
    )
    for fault, row in told["recovery_s"].items():
        cells = [shown(row[name][which]) for name in ("up", "ack", "visible") for which in ("p50", "max")]
        print(f"{fault:<22}{cells[0]:>9}{cells[1]:>7}{cells[2]:>10}{cells[3]:>7}{cells[4]:>13}{cells[5]:>7}")
    print("\nanswers:")
    for answer, count in told["answers"].items():
        print(f"  {answer:<40}{count:>9}")
    print("\nerrors logged:")
    for error, count in told["errors_logged"].items():
        print(f"  {error:<82}{count:>7}")
    print(
        f"\nseed {told['seed']}: {told['kills']} kills, {sum(told['faults'].values())} faults in "
        f"{told['play_s']:.0f} s ({told['total_s']:.0f} s in all); {told['acknowledged']} acknowledged, "
        f"{told['unanswered']} without an answer, "
        f"{told['events']} events"
    )
    topic = told["topic"] if isinstance(told["topic"], str) else "compared"
    print(
        f"verify: {'holds' if told['verify']['ok'] else 'DOES NOT HOLD'}; topic: {topic}; "
        f"quiet after {told['quiet_after_s']:.1f} s"
    )
    print(
        f"lost {told['lost']}, repeated {told['repeated']}, diverged {told['diverged']}, "
        f"unexpected 5xx {told['server_errors']}, surprises {told['surprises']}, "
        f"findings {len(told['findings'])}"
    )


def print_findings(findings):
    for kind, what, detail in findings.kept:
        print(f"\nFINDING ({kind})  {what}")
        for line in detail.splitlines():
            print(f"    {line}")


def write_json(path, told):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)
        file.write("\n")
