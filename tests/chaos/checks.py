"""After the faults: everything is healed, the system comes to rest, and every promise is checked."""

import json
import time

import database_faults
from children import run, wait_until
from watch import next_ack

HEAL_S_MAX = 90
QUIET_S_MAX = 120
VERIFY_S_MAX = 600
LAST_PLAY_S = 2
OUTSIDER_S = 15


def heal(system, findings):
    """Takes back whatever a fault may have left, and waits until everything runs."""
    for volume in system.volumes.values():
        volume.empty()
    system.link.restore(reset=False)
    system.link.disarm()
    if system.network:
        system.network.restore(reset=False)
    for child in system.all:
        if not child.is_alive() and not child.start(HEAL_S_MAX):
            findings.add("back", f"{child.name} does not run after the faults", child.tail())
    for process in system.processes.values():
        if process.clock_file:
            process.set_clock(0)
    if not database_faults.remove_injection(system.postgres):
        findings.add("harness", "the injecting trigger could not be removed")
    for process in system.apis:
        if not wait_until(process.is_ready, HEAL_S_MAX):
            findings.add(
                "back", f"{process.name} is not ready {HEAL_S_MAX} s after the faults", process.tail()
            )


def every_api_acknowledges(system, acks, findings, since):
    """The load goes on until each API has acknowledged something after everything was healed."""

    def all_did():
        seen = acks.read()
        return all(next_ack(seen, since, target) is not None for target in range(len(system.apis)))

    if not wait_until(all_did, HEAL_S_MAX):
        findings.add("back", "an API acknowledges nothing after everything was healed")
    time.sleep(LAST_PLAY_S)


def wait_for_quiet(positions, findings):
    """Seconds until nothing is left to be applied."""
    began = time.monotonic()
    if not wait_until(positions.is_quiet, QUIET_S_MAX):
        sample = positions.samples[-1] if positions.samples else None
        findings.add(
            "quiet", f"not everything was applied after {QUIET_S_MAX} s; heads and positions: {sample}"
        )
    return time.monotonic() - began


def run_json(system, command, findings, what):
    """Runs one of the binary's own checks; answers what it says, None when it says nothing."""
    dsn = f"{system.postgres.dsn} dbname=annals"
    keys = system.work / "keys"
    common = [
        "--home",
        system.work / "migrate",
        "--dsn",
        dsn,
        "--master-key-file",
        keys / "master.key",
        "--json",
    ]
    status, output = run([system.binary, *command, *common], timeout=VERIFY_S_MAX)
    start = output.find("{")
    try:
        answer, _ = json.JSONDecoder().raw_decode(output[start:] if start >= 0 else "")
    except ValueError:
        findings.add("check", f"{what} ended with status {status}", output[-2000:])
        return None
    if status != 0:
        findings.add("check", f"{what} found differences", output[-3000:])
    return answer


def has_kafka_check(system):
    _, output = run([system.binary, "kafka", "check", "--help"])
    return "kafka check" in output


def verify(system, findings):
    return run_json(system, ["verify"], findings, "annals verify")


def check_topic(system, findings):
    """`annals kafka check`; a text where it cannot be asked."""
    if not system.broker:
        return "the brokers were in memory and are gone with their processes"
    if not has_kafka_check(system):
        return "this binary has no kafka check; the reconciliation of the load compares topic and log"
    return run_json(
        system, ["kafka", "check", "--kafka", system.broker.address], findings, "annals kafka check"
    )


def outsider_can_read(outsider, findings):
    """If it met nothing but a broker that was away, it reads now."""
    if outsider.lines == 0 and outsider.read_for(OUTSIDER_S) == 0:
        findings.add("outsider", "the group of an outsider cannot read the topic")
