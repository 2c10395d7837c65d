"""The load: `annals bench --workload team-day --through-faults`, directed by lines on its standard input."""

import json
import subprocess
import threading

from children import SPAWNER, ChaosError, wait_until

SET_UP_S_MAX = 180
STOP_S_MAX = 90
RECONCILE_S_MAX = 600
ATTEMPTS_MAX = 200_000  # of each organization
ORGANIZATIONS, PEOPLE = 4, 6


class Load:
    def __init__(self, system, seed, rate, work):
        self.json_file = work / "load.json"
        self.acks_file = work / "acks"
        command = [system.binary, "bench", "--workload", "team-day", "--through-faults", "--seed", str(seed)]
        command += ["--organizations", str(ORGANIZATIONS), "--people", str(PEOPLE), "--pace", str(rate)]
        command += ["--commands", str(ATTEMPTS_MAX), "--time-limit", "3600", "--run", "/dev/null"]
        for process in system.apis:
            command += ["--api", f"http://127.0.0.1:{process.port}"]
        first = system.apis[0].run_file()
        command += [
            "--bootstrap-token",
            first["bootstrap_token"],
            "--dsn",
            f"{system.postgres.dsn} dbname=annals",
        ]
        command += ["--kafka", system.broker.address if system.broker else "none"]
        command += ["--kafka-complete"] if system.broker else ["--no-topic"]
        self.command = command + ["--json", self.json_file, "--acks", self.acks_file]
        self.log = work / "logs" / "load.log"
        self.lines = []
        self.process = None

    def start(self):
        """Returns when everybody has joined and the play begins."""
        self.process = SPAWNER.start(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self.read, daemon=True, name="load").start()
        self.wait_for("everybody has joined", SET_UP_S_MAX)

    def read(self):
        with open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                self.lines.append(line.rstrip())
                log.write(line)
                log.flush()

    def has_said(self, text):
        return any(line.startswith(text) for line in self.lines)

    def wait_for(self, text, seconds):
        wait_until(lambda: self.has_said(text) or self.process.poll() is not None, seconds)
        if not self.has_said(text):
            raise ChaosError(f'the load did not say "{text}": ' + "\n".join(self.lines[-8:]))

    def order(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise ChaosError("the load is gone: " + "\n".join(self.lines[-8:])) from error

    def stop(self):
        if not self.has_said("stopped"):
            self.order("stop")
            self.wait_for("stopped", STOP_S_MAX)

    def reconcile(self):
        """Its result as written to the JSON file."""
        self.order("reconcile")
        if not wait_until(lambda: self.process.poll() is not None, RECONCILE_S_MAX):
            raise ChaosError("the reconciliation takes too long")
        if not self.json_file.is_file():
            raise ChaosError("the load wrote no result: " + "\n".join(self.lines[-8:]))
        return json.loads(self.json_file.read_text(encoding="utf-8"))
