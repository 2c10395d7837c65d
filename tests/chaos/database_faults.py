"""Faults inside PostgreSQL: its backends, its disks, and the errors that it may answer to any statement."""

import os
import signal
import time

from children import wait_until
from outcome import Did, back

UP_S_MAX = 60
FILL_SWITCHES = 40  # WAL segments that may have to be used up before a full volume is felt
TRIGGER_TRIES = 5

# Raises an error in the first appends, or lets the first one sleep until statement_timeout. A sequence
# counts, because it does not roll back with the append.
INJECTION = """
create schema if not exists chaos;
grant usage on schema chaos to public;
create sequence if not exists chaos.appends;
create or replace function chaos.inject() returns trigger language plpgsql security definer
  set search_path = pg_catalog as $$
begin
  if nextval('chaos.appends') <= tg_argv[1]::bigint then
    if tg_argv[0] = 'sleep' then
      perform pg_sleep(60);
    else
      raise exception 'injected by the chaos run' using errcode = tg_argv[0];
    end if;
  end if;
  return null;
end $$;
"""


def pick_backend(system, event):
    backends = system.postgres.backends()
    return backends[min(int(event.params["pick"] * len(backends)), len(backends) - 1)] if backends else None


def kill_backend(system, event):
    """kill -9 of one backend: PostgreSQL ends all others and recovers as after a crash."""
    pid = pick_backend(system, event)
    at = time.monotonic()
    if pid is None:
        return "there was no backend"
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return "the backend had just ended"
    time.sleep(0.2)
    return back(system.postgres, at, 1, UP_S_MAX)


def stop_backend(system, event):
    pid = pick_backend(system, event)
    at = time.monotonic()
    if pid is None:
        return "there was no backend"
    try:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(event.params["hold_s"])
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return "the backend had just ended"
    return Did(at)


def end_backend(system, event):
    """pg_terminate_backend: of one, or of all at once."""
    pid = pick_backend(system, event)
    at = time.monotonic()
    if pid is None:
        return "there was no backend"
    which = f"pid = {pid}" if event.params["pick"] < 0.7 else "application_name like 'annals%'"
    system.postgres.query(f"select pg_terminate_backend(pid) from pg_stat_activity where {which}")
    return Did(at)


def cancel_backend(system, event):
    """pg_cancel_backend, again and again, of whatever runs."""
    at = time.monotonic()
    cancelled = 0
    while time.monotonic() - at < event.params["hold_s"]:
        answer = system.postgres.query(
            "select count(pg_cancel_backend(pid)) from pg_stat_activity"
            " where application_name like 'annals%' and state = 'active'"
        )
        cancelled += int(answer or 0)
    return Did(at) if cancelled else "nothing ran that could be cancelled"


def database_wal_full(system, event):
    """PostgreSQL stops with PANIC, and cannot recover before there is room: its end is its right."""
    volume, postgres = system.volumes["wal"], system.postgres
    if not volume.can_be_filled:
        return "mounts are not permitted"
    at = time.monotonic()
    postgres.wanted = False
    starts = postgres.log.stat().st_size
    volume.fill()

    def is_felt():
        with open(postgres.log, "rb") as log:
            log.seek(starts)
            return b"No space left on device" in log.read()

    for _ in range(FILL_SWITCHES):
        if is_felt():
            break
        postgres.query(
            "select pg_logical_emit_message(true, 'chaos', 'x'); select pg_switch_wal()", timeout=3
        )
    felt = is_felt()
    time.sleep(event.params["hold_s"])
    volume.empty()
    did = back(postgres, at, 0, UP_S_MAX)
    return did if felt or did.failed else "the full volume was not felt"


def database_disk_full(system, event):
    volume, postgres = system.volumes["data"], system.postgres
    if not volume.can_be_filled:
        return "mounts are not permitted"
    at = time.monotonic()
    volume.fill()
    time.sleep(event.params["hold_s"])
    # Whatever the load needed meanwhile, this table needs more.
    refused = (
        postgres.query("create table chaos_full as select repeat('x', 200) from generate_series(1, 200000)")
        is None
    )
    volume.empty()
    postgres.query("drop table if exists chaos_full")
    did = back(postgres, at, 0, UP_S_MAX)
    return did if refused or did.failed else "the full disk was not felt"


def lock_timeout(system, event):
    """Somebody else holds the heads of the log for longer than lock_timeout."""
    at = time.monotonic()
    hold = 2.2 + event.params["hold_s"]
    answer = system.postgres.query(
        "set lock_timeout = '3s'; begin; lock table log.partition in exclusive mode;"
        f" select pg_sleep({hold}); rollback",
        timeout=hold + 8,
    )
    return Did(at) if answer is not None else "the lock was not granted"


def inject(system, argument, times, hold_s):
    """An append meets the trigger for as long as it takes, at most `hold_s`."""
    at = time.monotonic()
    install = (
        f"set lock_timeout = '2s'; {INJECTION} select setval('chaos.appends', 1, false);"
        " create or replace trigger chaos before insert on log.event for each statement"
        f" execute function chaos.inject('{argument}', '{times}')"
    )
    for _ in range(TRIGGER_TRIES):
        if system.postgres.query(install) is not None:
            break
    else:
        return "the trigger could not be installed"

    def met():
        row = system.postgres.query("select last_value, is_called from chaos.appends")
        return row is not None and row.endswith("t") and int(row.split("|")[0]) >= times

    reached = wait_until(met, hold_s)
    if argument == "sleep":
        time.sleep(11)  # statement_timeout of an append is 10 s
    removed = remove_injection(system.postgres)
    if not removed:
        return Did(at, failed="the injecting trigger could not be removed")
    return Did(at) if reached else "no append met the trigger"


def remove_injection(postgres):
    sql = "set lock_timeout = '12s'; drop trigger if exists chaos on log.event"
    return any(postgres.query(sql, timeout=15) is not None for _ in range(TRIGGER_TRIES))


def deadlock(system, event):
    return inject(system, "40P01", event.params["times"], 5)


def serialization(system, event):
    return inject(system, "40001", event.params["times"], 5)


def statement_timeout(system, event):
    return inject(system, "sleep", 1, 5)


FUNCTIONS = {
    "kill-backend": kill_backend,
    "stop-backend": stop_backend,
    "end-backend": end_backend,
    "cancel-backend": cancel_backend,
    "database-wal-full": database_wal_full,
    "database-disk-full": database_disk_full,
    "lock-timeout": lock_timeout,
    "statement-timeout": statement_timeout,
    "deadlock": deadlock,
    "serialization": serialization,
}
