"""The system under test: three API, two relay and two projector processes, one PostgreSQL, one broker."""

import http.client
import json
import os
import pathlib
import secrets
import shutil
import time

import schedule
from children import Child, ChaosError, run, wait_until
from ports import free_port
from proxy import AppendLink, Link, Loop
from servers import DATABASE, Broker, Outsider, Postgres
from volumes import Volume

UP_S_MAX = 60
SILENT_S = 2.0  # a process without a port of its own is taken to be up when it lived so long
DATA_MIB, WAL_MIB, BROKER_MIB = 6144, 768, 3072
DISK_FREE_MIN = (DATA_MIB + WAL_MIB + BROKER_MIB + 2048) << 20
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
TOPIC = "annals.events"


def http_get(port, path, timeout=2.0):
    """The status, 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class AnnalsProcess(Child):
    """`annals serve` with some roles."""

    def __init__(self, system, name, roles, dsn, kafka, clocked):
        super().__init__(name, system.findings, system.work / "logs" / f"{name}.log")
        self.system, self.roles, self.dsn, self.kafka = system, roles, dsn, kafka
        self.port = free_port()
        self.home = system.work / name
        self.clock_file = self.home / "clock" if clocked else None
        self.started_at = 0.0
        (self.home / "keys").mkdir(parents=True)
        if self.clock_file:
            self.set_clock(0)

    def command(self):
        keys = self.system.work / "keys"
        command = [self.system.binary, "serve", "--home", self.home, "--roles", self.roles, "--dsn", self.dsn]
        command += ["--port", str(self.port), "--master-key-file", keys / "master.key"]
        command += ["--signing-key-file", keys / "signing.key", "--access-token-ttl-s", "120"]
        command += ["--peer-url", "auto"]
        return command + (["--kafka", self.kafka] if self.kafka else [])

    def options(self):
        if not self.clock_file:
            return {}
        # The monotonic clock stays true: a machine whose time of day is set does not change it either.
        return {
            "env": os.environ
            | {
                "LD_PRELOAD": f"{FAKETIME} {self.system.clock_shim}",
                "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            }
        }

    def set_clock(self, offset_s):
        new = self.clock_file.with_suffix(".new")
        new.write_text(f"{offset_s:+d}s\n", encoding="ascii")
        new.rename(self.clock_file)

    def launch(self):
        (self.home / "run.json").unlink(missing_ok=True)
        self.clear_clock()
        super().launch()
        self.started_at = time.monotonic()

    def stop(self, *words, **options):
        status = super().stop(*words, **options)
        self.clear_clock()
        return status

    def clear_clock(self):
        """What libfaketime leaves in memory of a process that was killed; a long run kills hundreds."""
        if self.clock_file and self.pid:
            for name in ("faketime_shm_", "sem.faketime_sem_"):
                pathlib.Path(f"/dev/shm/{name}{self.pid}").unlink(missing_ok=True)

    @property
    def has_api(self):
        return "api" in self.roles

    def is_up(self):
        if http_get(self.port, "/livez") == 200:
            return True
        return not self.has_api and time.monotonic() - self.started_at > SILENT_S

    def is_ready(self):
        return http_get(self.port, "/readyz") == 200

    def run_file(self):
        return json.loads((self.home / "run.json").read_text(encoding="utf-8"))


class System:
    """Everything that runs. `processes` by name; `all` with the servers."""

    def __init__(self, arguments, work, findings, environment):
        self.kind = arguments.kafka
        self.work, self.findings = pathlib.Path(work), findings
        self.binary = pathlib.Path(environment["ANNALS_BIN"])
        (self.work / "logs").mkdir()
        (self.work / "keys").mkdir()
        if shutil.disk_usage(self.work).free < DISK_FREE_MIN:
            raise ChaosError(f"{self.work} has less than {DISK_FREE_MIN >> 30} GiB free")
        private = environment.get("CHAOS_MAY_MOUNT") == "yes"
        self.volumes = {
            "data": Volume(self.work / "pg-data", DATA_MIB, private),
            "wal": Volume(self.work / "pg-wal", WAL_MIB, private),
            "broker": Volume(self.work / "broker", BROKER_MIB, private),
        }
        self.postgres = Postgres(
            self.work,
            findings,
            self.volumes["data"],
            self.volumes["wal"],
            free_port(),
            environment["PG_PROGRAMS"],
        )
        self.loop = Loop()
        self.broker = self.network = self.outsider = None
        if self.kind == "real":
            ports = [free_port() for _ in range(4)]
            self.broker = Broker(
                self.work, findings, self.volumes["broker"].folder, ports, environment["KAFKA_LIBS"]
            )
            self.outsider = Outsider(self.broker, TOPIC, self.work / "logs" / "outsider.log")
            self.network = Link(self.loop, self.broker.proxy_port, self.broker.inner_port)
        self.link_port = free_port()
        self.link = None
        self.clock_shim = environment["CLOCK_SHIM"]
        self.has_faketime = os.path.exists(FAKETIME) and os.path.exists(self.clock_shim)
        self.processes = {}

    def make(self, kafka_settings):
        """`kafka_settings`: the file that scripts/kafka.sh wrote, beside the one about the broker's log."""
        key = self.work / "keys" / "master.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(32))
        self.postgres.make()
        self.must_start(self.postgres)
        self.link = AppendLink(self.loop, self.link_port, self.postgres.socket)
        if self.postgres.query(f"create database {DATABASE}", database="postgres") is None:
            raise ChaosError(f"the database cannot be made: {self.postgres.tail()}")
        owner = f"{self.postgres.dsn} user=postgres dbname={DATABASE}"
        status, output = run([self.binary, "migrate", "--home", self.work / "migrate", "--owner-dsn", owner])
        if status != 0:
            raise ChaosError(f"the migration failed: {output[-800:]}")
        if self.broker:
            self.broker.make(kafka_settings)
            self.must_start(self.broker)
        self.make_processes()

    def must_start(self, child):
        if not child.start(UP_S_MAX):
            raise ChaosError(f"{child.name} did not start: {child.tail()}")

    def make_processes(self):
        dsn = f"{self.postgres.dsn} dbname={DATABASE}"
        by_link = f"host=127.0.0.1 port={self.link_port} sslmode=disable dbname={DATABASE}"
        kafka = self.broker.address if self.broker else ""
        relay_kafka = f"127.0.0.1:{self.broker.proxy_port}" if self.broker else ""
        plan = [(name, "api", by_link if name == "api-3" else dsn, kafka) for name in schedule.APIS]
        if self.broker:
            plan += [(name, "relay", dsn, relay_kafka) for name in schedule.RELAYS]
            plan += [(name, "projector", dsn, kafka) for name in schedule.PROJECTORS]
        else:
            plan += [(name, "relay,projector", dsn, "") for name in schedule.WORKERS]
        for name, roles, own_dsn, own_kafka in plan:
            clocked = self.has_faketime and name.endswith("-2")
            process = AnnalsProcess(self, name, roles, own_dsn, own_kafka, clocked)
            self.processes[name] = process
            self.must_start(process)

    @property
    def apis(self):
        return [self.processes[name] for name in schedule.APIS]

    @property
    def all(self):
        servers = [self.postgres] + ([self.broker] if self.broker else [])
        return servers + list(self.processes.values())

    def child_of(self, victim):
        """The process that a fault works on, if it is one."""
        servers = {schedule.POSTGRES: self.postgres, schedule.BROKER: self.broker}
        return servers.get(victim) or self.processes.get(victim)

    def watch(self):
        for child in self.all:
            child.check()

    def ready(self, seconds):
        """Whether every API answers that it is ready within the time."""
        return all(wait_until(process.is_ready, seconds) for process in self.apis)

    def stop(self):
        """Everything, the clean way. Answers the names of processes that did not end with status 0."""
        wrong = [p.name for p in self.processes.values() if p.stop() != 0]
        if self.broker:
            self.broker.kill()
        self.postgres.stop(seconds=30)
        for volume in self.volumes.values():
            volume.unmount()
        return wrong
