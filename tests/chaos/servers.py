"""The PostgreSQL cluster and the broker of the run."""

import os
import pathlib
import pwd
import subprocess
import threading

from children import Child, ChaosError, SPAWNER, run, wait_until

START_S_MAX = 60
PSQL_S_MAX = 10
LEAVE_S_MAX = 5
DATABASE = "annals"


class Postgres(Child):
    """A cluster on volumes of its own, one for its data and one for its WAL."""

    def __init__(self, work, findings, data, wal, port, programs):
        super().__init__("postgres", findings, work / "logs" / "postgres.log")
        self.programs, self.port = pathlib.Path(programs), port
        self.data_volume, self.wal_volume = data, wal
        self.socket_dir = work / "pg-socket"
        self.user = "postgres" if os.geteuid() == 0 else None
        self.data = data.folder / "data"

    def make(self):
        self.socket_dir.mkdir(mode=0o755)
        if self.user:
            account = pwd.getpwnam(self.user)
            for folder in (self.socket_dir, self.data_volume.folder, self.wal_volume.folder):
                os.chown(folder, account.pw_uid, account.pw_gid)
        command = [
            self.programs / "initdb",
            "-D",
            self.data,
            "-X",
            self.wal_volume.folder / "wal",
            "-k",
            "-U",
            "postgres",
        ]
        status, output = run([*command, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"], user=self.user)
        if status != 0:
            raise ChaosError(f"initdb failed: {output[-800:]}")

    crashes_are_findings = False  # a postmaster that finds its disk full, or the backends of its predecessor

    # Small WAL limits, so that a full WAL volume is met soon; everything durable, as in production.
    SETTINGS = {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "max_wal_size": "128MB",
        "min_wal_size": "32MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "log_min_error_statement": "panic",
        "restart_after_crash": "on",
    }

    def command(self):
        settings = dict(self.SETTINGS, port=self.port, unix_socket_directories=self.socket_dir)
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.data, *arguments]

    def launch(self):
        with open(self.log, "ab") as log:
            log.write(f"--- start {self.starts}\n".encode())
            self.process = SPAWNER.start(
                self.command(), user=self.user, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )
        self.starts += 1

    def is_up(self):
        return self.query("select 1", database="postgres", timeout=3) == "1"

    @property
    def dsn(self):
        return f"host={self.socket_dir} port={self.port}"

    @property
    def socket(self):
        return str(self.socket_dir / f".s.PGSQL.{self.port}")

    def query(self, sql, database=DATABASE, timeout=PSQL_S_MAX):
        """As the superuser; None when it did not succeed."""
        options = ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]
        status, output = run(
            ["psql", *options, "-d", f"{self.dsn} user=postgres dbname={database}"],
            timeout=timeout,
            text=sql + ";\n",
            env=os.environ | {"PGAPPNAME": "chaos", "PGCONNECT_TIMEOUT": "3"},
        )
        return output.strip() if status == 0 else None

    def backends(self, name="annals%"):
        """The ids of the backends that serve the system, in a fixed order."""
        rows = self.query(
            f"select pid from pg_stat_activity where application_name like '{name}'"
            " and pid <> pg_backend_pid() order by pid"
        )
        return [int(row) for row in rows.split()] if rows else []


class Broker(Child):
    """Apache Kafka, one node. The relays reach it by a listener of their own, through a proxy."""

    def __init__(self, work, findings, folder, ports, libs):
        super().__init__("broker", findings, work / "logs" / "broker.stdout.log")
        self.folder, self.libs = folder, libs
        self.port, self.inner_port, self.proxy_port, self.controller_port = ports
        self.properties = self.logging = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def make(self, settings_file):
        """`settings_file`: the settings that every private broker has; those about its log lie beside it."""
        settings = settings_file.read_text(encoding="ascii")
        self.logging = settings_file.parent / "log4j2.properties"
        own = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},RELAY://127.0.0.1:{self.inner_port},"
            f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},RELAY://127.0.0.1:{self.proxy_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,RELAY:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "log.dirs": f"{self.folder}/data",
            "log.segment.bytes": str(64 << 20),
        }
        kept = [line for line in settings.splitlines() if line.split("=")[0] not in own]
        text = "\n".join(kept + [f"{name}={value}" for name, value in own.items()]) + "\n"
        self.properties = self.folder.parent / "kafka.properties"
        self.properties.write_text(text, encoding="ascii")
        command = ["java", "-cp", f"{self.libs}/*", "kafka.tools.StorageTool", "format"]
        status, output = run([*command, "-t", "Y2hhb3NjaGFvc2NoYW9zMQ", "-c", self.properties], timeout=90)
        if status != 0:
            raise ChaosError(f"Kafka's storage could not be formatted: {output[-800:]}")

    def command(self):
        java = ["java", "-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        java += [f"-Dlog4j2.configurationFile={self.logging}"]
        return [*java, "-cp", f"{self.libs}/*", "kafka.Kafka", self.properties]

    def is_up(self):
        status, _ = run(["kcat", "-b", self.address, "-L", "-m", "1"], timeout=3)
        return status == 0


class Outsider:
    """Somebody else's consumer group on the topic: reads all of it and commits."""

    GROUP = "outsider"
    SETTINGS = ("auto.offset.reset=earliest", "session.timeout.ms=6000", "isolation.level=read_committed")

    def __init__(self, broker, topic, log):
        self.command = ["kcat", "-b", broker.address, "-q", "-u", "-G", self.GROUP]
        for setting in self.SETTINGS:
            self.command += ["-X", setting]
        self.command += ["-f", "%p/%o\\n", topic]
        self.log, self.lines = log, 0

    def read_for(self, seconds):
        """Answers how many records it got."""
        with open(self.log, "ab") as log:
            process = SPAWNER.start(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        reader = threading.Thread(target=self.count, args=(process.stdout,), daemon=True)
        reader.start()
        wait_until(lambda: process.poll() is not None, seconds)
        process.terminate()  # leaves the group; one that was killed would hold its partitions for a while
        if not wait_until(lambda: process.poll() is not None, LEAVE_S_MAX):
            process.kill()
        process.wait()
        reader.join(5)
        return self.lines

    def count(self, stream):
        for _ in stream:
            self.lines += 1
