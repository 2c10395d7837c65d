"""`./dev chaos`: faults by a schedule, load with a ledger, and every promise checked afterwards.

README.md explains.
"""

import argparse
import os
import pathlib
import signal
import sys
import time

import checks
import report
import schedule
from children import ChaosError, Findings
from load import Load
from player import Player
from system import System
from watch import Acks, Positions

RATE = 80  # attempts per second of everybody: two cores also carry the servers and the faults
FULL_SHARE = 0.6  # of a volume: the load stops before the disk is really full


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./dev chaos", description="kill, pause, cut and fill up; then check everything"
    )
    parser.add_argument("--kills", type=int, default=None, metavar="N", help="processes to kill; 30")
    parser.add_argument(
        "--faults", default="", metavar="LIST", help="only these, or those that begin so: kill,stop-broker"
    )
    parser.add_argument(
        "--seed", type=int, default=None, metavar="S", help="the schedule follows from it; else drawn"
    )
    parser.add_argument("--kafka", choices=("real", "embedded"), default="real", help="the broker; real")
    parser.add_argument(
        "--minutes", type=float, default=None, metavar="M", help="how long the faults take; 1.5 s a kill"
    )
    parser.add_argument("--json", metavar="FILE", help="write the summary as one JSON object")
    parser.add_argument("--rate", type=float, default=RATE, metavar="R", help=f"attempts per second; {RATE}")
    parser.add_argument("--schedule", action="store_true", help="print the schedule and do nothing")
    parser.add_argument("--verbose", action="store_true", help="print each fault when it is over")
    arguments = parser.parse_args()
    if arguments.kills is None:
        arguments.kills = (
            round(arguments.minutes * 60 / schedule.SECONDS_PER_KILL) if arguments.minutes else 30
        )
    if not 0 <= arguments.kills <= schedule.KILLS_MAX:
        parser.error(f"--kills: 0 to {schedule.KILLS_MAX}")
    if arguments.minutes is not None and not 0 < arguments.minutes * 60 <= schedule.PLAY_S_MAX:
        parser.error(f"--minutes: up to {schedule.PLAY_S_MAX // 60}")
    if arguments.seed is None:
        arguments.seed = int.from_bytes(os.urandom(4), "big")
    arguments.names = [name for name in arguments.faults.split(",") if name]
    try:
        schedule.selected(arguments.names, arguments.kafka)
    except ValueError as unknown:
        parser.error(f"--faults: there is no {unknown}; there are {', '.join(schedule.BY_NAME)}")
    return arguments


def step(text):
    print(f"==> {text}", flush=True)


class Run:
    def __init__(self, arguments, events, work):
        self.arguments, self.events, self.work = arguments, events, work
        self.findings = Findings()
        self.system = System(arguments, work, self.findings, os.environ)
        self.player = Player(self.system, events, self.findings, arguments.verbose)
        self.load = self.acks = self.positions = None
        self.result = self.verified = self.topic = None
        self.quiet_s = self.play_s = self.total_s = 0.0
        self.interrupted = False

    def prepare(self):
        step(
            "starting PostgreSQL, "
            + ("Apache Kafka, " if self.system.broker else "")
            + "seven processes of annals"
        )
        settings = pathlib.Path(os.environ["KAFKA_SETTINGS"])
        self.system.make(settings)
        kinds = ", ".join(f"{name} {volume.kind}" for name, volume in self.system.volumes.items())
        print(f"    disks: {kinds}; libfaketime: {'yes' if self.system.has_faketime else 'no'}", flush=True)
        self.positions = Positions(self.system.postgres)
        self.positions.start()
        self.load = Load(self.system, self.arguments.seed, self.arguments.rate, self.work)
        step("the load: everybody joins")
        self.load.start()
        self.acks = Acks(self.load.acks_file)

    def keep_watch(self):
        """Called all the time; False when the run has to end early."""
        self.system.watch()
        if self.load.process.poll() is not None and not self.interrupted:
            self.interrupted = True
            self.findings.add("harness", "the load ended by itself", "\n".join(self.load.lines[-10:]))
        full = [name for name, volume in self.system.volumes.items() if self.is_full(volume)]
        if full and not self.load.has_said("stopped"):
            print(f"    the load ends early: {', '.join(full)} has reached its limit", flush=True)
            self.load.order("stop")
        return not self.interrupted

    @staticmethod
    def is_full(volume):
        return not volume.ballast.exists() and volume.can_be_filled and volume.used_share() > FULL_SHARE

    def play(self):
        step(
            f"{len(self.events)} faults in {self.events[-1].at_s if self.events else 0:.0f} s,"
            f" seed {self.arguments.seed}"
        )
        began = time.monotonic()
        self.player.play(self.keep_watch)
        self.play_s = time.monotonic() - began
        step("healing")
        checks.heal(self.system, self.findings)
        if not self.load.has_said("stopped"):
            checks.every_api_acknowledges(self.system, self.acks, self.findings, time.monotonic())
        self.load.stop()
        self.quiet_s = checks.wait_for_quiet(self.positions, self.findings)

    def check(self):
        step("checking: verify, topic, every answer")
        self.verified = checks.verify(self.system, self.findings)
        self.topic = checks.check_topic(self.system, self.findings)
        if any(event.fault == "outsider-group" for event in self.events):
            checks.outsider_can_read(self.system.outsider, self.findings)
        self.result = self.load.reconcile()
        for text in self.result.get("details", []):
            print(f"DIFFERS   {text}")
        for text in self.result.get("surprise_details", []):
            print(f"SURPRISE  {text}")

    def end(self):
        if self.positions:
            self.positions.ended.set()
        if self.load and self.load.process and self.load.process.poll() is None:
            self.load.process.kill()
        for name in self.system.stop():
            self.findings.add("stop", f"{name} did not stop cleanly", self.system.processes[name].tail())

    def is_well(self):
        agrees = bool(self.result and self.result.get("agrees"))
        return agrees and bool(self.verified and self.verified.get("ok")) and self.findings.total == 0


def replay_command(arguments):
    """What plays the same schedule again."""
    command = f"./dev chaos --kills {arguments.kills} --seed {arguments.seed} --kafka {arguments.kafka}"
    if arguments.minutes:
        command += f" --minutes {arguments.minutes:g}"
    return command + (f" --faults {arguments.faults}" if arguments.faults else "")


def play_all(arguments, events, work):
    began = time.monotonic()
    run = Run(arguments, events, work)
    failure = None
    try:
        run.prepare()
        run.play()
        run.check()
    except ChaosError as error:
        failure = error
        run.findings.add("harness", str(error))
    finally:
        run.end()
    run.total_s = time.monotonic() - began
    if failure is None or run.positions:
        told = report.summary(run)
        report.print_findings(run.findings)
        report.print_summary(told)
        if arguments.json:
            report.write_json(arguments.json, told)
    well = run.is_well()
    print(f"{'well' if well else 'NOT WELL'}: {replay_command(arguments)}")
    print(f"{int(well)} passed, {int(not well)} failed")
    return 0 if well else 1


def main():
    arguments = parse_arguments()
    events = schedule.draw(
        arguments.seed, arguments.kills, arguments.minutes, arguments.names, arguments.kafka
    )
    if arguments.schedule:
        print("\n".join(event.line() for event in events))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    work = pathlib.Path(os.environ["CHAOS_WORK"]) / "run"
    work.mkdir(mode=0o755)
    (work / "schedule").write_text("\n".join(event.line() for event in events) + "\n", encoding="ascii")
    return play_all(arguments, events, work)


if __name__ == "__main__":
    sys.exit(main())
