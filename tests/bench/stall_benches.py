"""How evenly answers come over a minute and a half.

The kernel writes back at once what has been dirty for 30 seconds, and PostgreSQL's checkpoints end with a
flush of everything: both come too seldom for the other benches to meet them in each round, and decide the
99th percentile of a round that does.
"""

import pathlib

from command_benches import need_rate
from measure import figure, open_loop, report

WINDOWS, WINDOWS_QUICK, WINDOW_S = 9, 4, 10
KERNEL = ("dirty_background_bytes", "dirty_background_ratio", "dirty_expire_centisecs")
POSTGRES = ("shared_buffers", "max_wal_size")


def write_back_settings(instance):
    """What decides when dirty pages are written, of the kernel and of PostgreSQL."""
    kernel = {f"vm.{name}": pathlib.Path("/proc/sys/vm", name).read_text().strip() for name in KERNEL}
    postgres = {name: instance.sql(f"show {name}") for name in POSTGRES}
    return ", ".join(f"{name} = {value}" for name, value in (kernel | postgres).items())


def stalls(state):
    """The 99th percentile of answers at half the rate of `command`, ten seconds at a time."""
    rate = need_rate(state) / 2
    print(f"==> stalls: {rate:,.0f} commands/s for {WINDOWS * WINDOW_S} s, open loop", flush=True)
    report(write_back_settings(state.instance))
    p99_ms = []
    for number in range(WINDOWS_QUICK if state.quick else WINDOWS):
        result = open_loop(state, rate, WINDOW_S)
        p99_ms.append(result["answered_p99_ms"])
        report(
            f"{number * WINDOW_S:>3} s: p50 {result['answered_p50_ms']:.1f}, p99 {p99_ms[-1]:.1f} ms "
            f"({result['late']} late)"
        )
    state.instance.catch_up()
    return [figure("stalls_p99", p99_ms, "ms"), figure("stalls_p99_worst", max(p99_ms), "ms")]
