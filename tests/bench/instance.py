"""An Annals instance of its own for the benches: database, server process, people, projects and tasks."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import time
import urllib.parse

READY_S_MAX = 60
STOP_S_MAX = 20
CATCH_UP_S_MAX = 60
ORGANIZATIONS = 6  # they spread over the log's partitions
PROJECTS = 4  # of each
TASKS = 400  # of each organization, made before anything is measured
BATCH = 100
TOKEN_S = "3600"  # longer than any run of benches
LOGIN, PASSWORD = "bench@example.org", "a long and boring password"


class BenchError(Exception):
    """Why nothing was measured; for people."""


def refuse_slow_build(binary):
    """A debug or sanitizer build measures itself."""
    cache = binary.parent.parent / "CMakeCache.txt"
    text = cache.read_text(encoding="utf-8") if cache.is_file() else ""
    kind = re.search(r"^CMAKE_BUILD_TYPE:\w+=(\w*)", text, re.M)
    if kind is None or kind[1] not in ("Release", "RelWithDebInfo") or "-fsanitize" in text:
        raise BenchError(f"{binary} is no optimised build; use the release preset (ANNALS_PRESET=release)")


def dying_with_us(command):
    """The kernel ends a child whose parent died, by kill -9 too."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *command]


def run(command, **options):
    done = subprocess.run(dying_with_us(command), capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise BenchError(f"{command[0]} {command[1]} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def end_process(process):
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Instance:
    """A context manager: a migrated database and a server that is ready, with data in it."""

    def __init__(self, binary, work, superuser_dsn, kafka, database="annals_bench"):
        self.binary, self.home, self.kafka, self.database = binary, work / "home", kafka, database
        self.superuser_dsn = re.sub(r"dbname=\S+", "", superuser_dsn)
        self.owner_dsn = f"{self.superuser_dsn} dbname={database}"
        self.server_dsn = re.sub(r"user=\S+", "", self.owner_dsn)
        self.process = self.api = None
        self.targets = []  # (access token, project id, columns, tasks, tenant id)

    def __enter__(self):
        (self.home / "keys").mkdir(parents=True)
        key = self.home / "keys" / "master.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(32))
        create = ["-c", f"create database {self.database}"]
        run(["psql", "-X", "-q", "-d", f"{self.superuser_dsn} dbname=postgres", *create])
        run([self.binary, "migrate", "--home", self.home, "--owner-dsn", self.owner_dsn])
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts the server; answers the seconds until it is ready."""
        run_file = self.home / "run.json"
        run_file.unlink(missing_ok=True)
        log = open(self.home / "server.log", "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            dying_with_us(self.server_command()), stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()
        while time.monotonic() - begun < READY_S_MAX:
            if self.process.poll() is not None:
                break
            if run_file.is_file():
                self.api = urllib.parse.urlparse(json.loads(run_file.read_text(encoding="utf-8"))["api"])
                if self.call("GET", "/readyz", expect=None)[0] == 200:
                    return time.monotonic() - begun
            time.sleep(0.005)
        raise BenchError("the server is not ready: " + self.log_tail())

    def server_command(self):
        command = [self.binary, "serve", "--home", self.home, "--dsn", self.server_dsn, "--port", "0"]
        command += ["--access-token-ttl-s", TOKEN_S, "--peer-url", "auto"]
        return command + (["--kafka", self.kafka] if self.kafka else [])

    @contextlib.contextmanager
    def process_beside(self, name, flags):
        """Another process on the same log with the same keys; answers the file of its log."""
        home = self.home / name
        home.mkdir(exist_ok=True)
        keys = ["--master-key-file", self.home / "keys/master.key"]
        keys += ["--signing-key-file", self.home / "keys/signing.key"]
        command = [self.binary, "serve", "--home", home, "--dsn", self.server_dsn, "--port", "0", *keys]
        path = home / "server.log"
        with open(path, "wb") as log:
            process = subprocess.Popen(
                dying_with_us([*command, *flags]), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        try:
            yield path
        finally:
            end_process(process)

    @contextlib.contextmanager
    def api_beside(self, number):
        """Another process with the api role; answers its URL when it is ready."""
        name = f"api-{number}"
        run_file = self.home / name / "run.json"
        kafka = json.loads((self.home / "run.json").read_text(encoding="utf-8"))["kafka"]
        with self.process_beside(name, ["--roles", "api", "--kafka", kafka, "--peer-url", "auto"]) as log:
            deadline = time.monotonic() + READY_S_MAX
            while not run_file.is_file():
                if time.monotonic() > deadline:
                    raise BenchError("an API process is not ready: " + log.read_text(errors="replace")[-800:])
                time.sleep(0.01)
            yield json.loads(run_file.read_text(encoding="utf-8"))["api"]
            run_file.unlink()

    def tool(self, *words):
        """An operator's command on this instance; answers what it printed."""
        flags = ["--home", self.home, "--dsn", self.server_dsn, "--owner-dsn", self.owner_dsn]
        return run([self.binary, *words, *flags])

    def data_directory(self):
        """Where PostgreSQL keeps its tables."""
        return self.sql("show data_directory")

    def stop(self):
        if self.process is not None:
            end_process(self.process)

    def log_tail(self):
        log = self.home / "server.log"
        return log.read_text(encoding="utf-8", errors="replace")[-1500:] if log.is_file() else "no log"

    @property
    def url(self):
        return f"http://{self.api.hostname}:{self.api.port}"

    def call(self, method, path, body=None, token=None, expect=(200, 201)):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(self.api.hostname, self.api.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except OSError as error:
            raise BenchError(f"{method} {path}: {error}; {self.log_tail()}") from error
        finally:
            connection.close()
        if expect and answer.status not in expect:
            raise BenchError(f"{method} {path} answered {answer.status}: {text[:500]}")
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    def read_back(self, path, command, token):
        """The resource once it shows what the command did."""
        return self.call("GET", f"/api/v1/{path}?min_position={command['position']}", token=token)[1]

    def log_in(self, tenant=None):
        body = {"login": LOGIN, "password": PASSWORD} | ({"tenant": tenant} if tenant else {})
        return self.call("POST", "/api/v1/auth/login", body)[1]["access_token"]

    def populate(self):
        """Organizations, projects and tasks; the access tokens hold for ten minutes from now."""
        token = json.loads((self.home / "run.json").read_text(encoding="utf-8"))["bootstrap_token"]
        person = {"email": LOGIN, "password": PASSWORD, "display_name": "Bench"}
        organization = {"name": "Bench 0", "slug": "bench-0"}
        self.call("POST", "/api/v1/bootstrap", {"token": token, **person, "organization": organization})
        founder = self.log_in()
        tenants = [self.call("GET", "/api/v1/auth/me", token=founder)[1]["tenant"]]
        for number in range(1, ORGANIZATIONS):
            form = {"name": f"Bench {number}", "slug": f"bench-{number}"}
            founded = self.call("POST", "/api/v1/orgs", form, founder)[1]
            self.read_back(f"orgs/{founded['id']}", founded, founder)
            tenants.append(founded["id"])
        for tenant in tenants:
            self.populate_organization(tenant)

    def populate_organization(self, tenant):
        access = self.log_in(tenant)
        for number in range(PROJECTS):
            form = {"name": f"Project {number}", "key": f"P{number}"}
            made = self.call("POST", "/api/v1/projects", form, access)[1]
            project = self.read_back(f"projects/{made['id']}", made, access)
            tasks = []
            while len(tasks) < TASKS // PROJECTS:
                task = {"project_id": made["id"], "title": "A task to move"}
                forms = [{"type": "prj.CreateTask", "data": task}] * BATCH
                answer = self.call("POST", "/api/v1/commands:batch", {"commands": forms}, access)[1]
                tasks += [item["result"]["id"] for item in answer["items"]]
            columns = [column["id"] for column in project["columns"] if not column.get("wip_limit")]
            self.targets.append((access, made["id"], columns, tasks, tenant))
        self.catch_up()

    def sql(self, statement):
        options = ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.owner_dsn]
        return run(["psql", *options, "-c", statement]).strip()

    def events(self):
        return int(self.sql("select sum(head) from log.partition"))

    def behind(self):
        """Events that some projection has not applied yet."""
        return int(
            self.sql(
                """select coalesce(max(behind), 0) from (
                       select sum(p.head - c.position) behind
                       from log.partition p join proj.checkpoint c using (partition)
                       group by c.projection) b"""
            )
        )

    def catch_up(self):
        """Waits until queries show everything; how many events were behind at first, and the seconds."""
        begun, first = time.monotonic(), self.behind()
        while (left := self.behind()) > 0:
            if time.monotonic() - begun > CATCH_UP_S_MAX:
                raise BenchError(f"projections are still {left} events behind after {CATCH_UP_S_MAX} s")
            time.sleep(0.05)
        return first, time.monotonic() - begun

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))
