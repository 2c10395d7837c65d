"""Processes of the run: started with PR_SET_PDEATHSIG, ended by id, watched for ends nobody asked for."""

import os
import queue
import signal
import subprocess
import threading
import time

KILL_WAIT_S = 10
POLL_S = 0.05
RECOVER_S_MAX = 60


class ChaosError(Exception):
    """Why the run cannot go on; for people."""


def wait_until(condition, seconds):
    """Whether the condition came true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_S)
    return True


class Spawner:
    """Starts every child from one thread that lives as long as the run: the kernel sends PR_SET_PDEATHSIG
    when the thread that made a child ends, not when its process does."""

    def __init__(self):
        self.jobs = queue.Queue()
        threading.Thread(target=self.work, daemon=True, name="spawner").start()

    def work(self):
        while True:
            command, options, answer = self.jobs.get()
            try:
                answer.put((subprocess.Popen(command, **options), None))
            except OSError as error:
                answer.put((None, error))

    def start(self, command, user=None, **options):
        """Popen's options; `user` changes to another one, as root."""
        prefix = ["setpriv"]
        if user:
            prefix += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        prefix += ["--pdeathsig", "KILL", "--"]
        answer = queue.Queue()
        self.jobs.put((prefix + [str(part) for part in command], options, answer))
        process, error = answer.get()
        if error:
            raise ChaosError(f"{command[0]} cannot be started: {error}")
        return process


SPAWNER = Spawner()


def run(command, user=None, timeout=60, text=None, env=None):
    """Runs a program to its end; answers (exit status, output of both kinds)."""
    process = SPAWNER.start(
        command,
        user=user,
        stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        cwd="/",
    )
    try:
        output, _ = process.communicate(text, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        return -1, output + f"\n(ended after {timeout} s)"
    return process.returncode, output


class Child:
    """A process that the run ends and starts again. An end that was not asked for is a finding, and it is
    started again. One fault at a time works on it: `lock`."""

    crashes_are_findings = True

    def __init__(self, name, findings, log):
        self.name, self.findings, self.log = name, findings, log
        self.process = None
        self.lock = threading.RLock()
        self.wanted = False  # its end is a finding
        self.starts = 0

    def command(self):
        raise NotImplementedError

    def options(self):
        return {}

    def is_up(self):
        raise NotImplementedError

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def launch(self):
        with open(self.log, "ab") as log:
            log.write(f"--- start {self.starts}\n".encode())
            self.process = SPAWNER.start(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.options()
            )
        self.starts += 1

    def start(self, seconds):
        """Starts it, again and again as a supervisor does, until it is up. False when the time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_alive():
                self.launch()
            if self.wait_up_or_dead(until) and self.is_alive():
                self.wanted = True
                return True
            if not self.is_alive():
                self.tell_crash()
                time.sleep(0.3)
        return False

    def tell_crash(self):
        """A start may fail while what it needs is away, but never by a signal."""
        status = self.process.returncode
        if status < 0 and self.crashes_are_findings:
            self.findings.add("ended", f"{self.name} ended by signal {-status} while it started", self.tail())

    def wait_up_or_dead(self, until):
        return wait_until(lambda: not self.is_alive() or self.is_up(), max(0, until - time.monotonic()))

    def send(self, number):
        if self.is_alive():
            self.process.send_signal(number)

    def kill(self):
        """kill -9. False when it was not running."""
        self.wanted = False
        if not self.is_alive():
            return False
        self.process.kill()
        self.process.wait(KILL_WAIT_S)
        return True

    def stop(self, number=signal.SIGTERM, seconds=20):
        """A clean stop; answers its exit status, None when it had to be killed."""
        self.wanted = False
        if not self.is_alive():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        if not wait_until(lambda: not self.is_alive(), seconds):
            self.kill()
            return None
        return self.process.returncode

    def tail(self, lines=12):
        try:
            with open(self.log, "rb") as log:
                log.seek(max(0, os.path.getsize(self.log) - 6000))
                return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
        except OSError:
            return "no log"

    def check(self):
        """Called all the time. An end by itself is told once, and it is started anew."""
        if not self.wanted or self.is_alive() or not self.lock.acquire(blocking=False):
            return
        try:
            if self.wanted and not self.is_alive():
                self.wanted = False
                self.findings.add(
                    "ended", f"{self.name} ended by itself, status {self.process.returncode}", self.tail()
                )
                threading.Thread(target=self.recover, daemon=True).start()
        finally:
            self.lock.release()

    def recover(self):
        with self.lock:
            if not self.start(RECOVER_S_MAX):
                self.findings.add(
                    "back", f"{self.name} did not come back after it ended by itself", self.tail()
                )


class Findings:
    """What went wrong that no figure counts. Thread-safe."""

    KEPT_MAX = 100

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = []
        self.total = 0

    def add(self, kind, what, detail=""):
        with self.lock:
            self.total += 1
            if len(self.kept) < self.KEPT_MAX:
                self.kept.append((kind, what, detail))
        print(f"FINDING   {what}", flush=True)
