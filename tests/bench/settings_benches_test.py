"""How the rounds of `settings` are ordered and compared, and that nothing of them stays in the cluster; the
measuring itself is not in it."""

import re
import unittest
from unittest import mock

import settings_benches as benches

A, B, C = {"a": "1"}, {"b": "1"}, {"c": "1"}
MADE = benches.AS_MADE


class FakeInstance:
    """Keeps what ALTER SYSTEM wrote, and fails at one statement."""

    def __init__(self, failing=None):
        self.failing, self.written = failing, {}

    def sql(self, statement):
        if statement == self.failing:
            raise benches.BenchError(statement)
        if changed := re.fullmatch(r"alter system set (\w+) = '(.*)'", statement):
            self.written[changed[1]] = changed[2]
        if taken_back := re.fullmatch(r"alter system reset (\w+)", statement):
            self.written.pop(taken_back[1], None)
        return "0"


class FakeCluster(benches.Cluster):
    """Notes what a restart brings into force; nobody is served."""

    def __init__(self, instance):
        super().__init__(instance)
        self.in_force, self.restarts = {}, 0

    def restart(self):
        self.restarts += 1
        self.in_force = dict(self.instance.written)

    def wait_until_served(self):
        pass


class OwnCluster(unittest.TestCase):
    def aborted(self, instance, arms, restart):
        """The cluster after these arms, the last of which was aborted."""
        with mock.patch.object(benches, "Cluster", FakeCluster), self.assertRaises(benches.BenchError):
            with benches.own_cluster(instance) as cluster:
                for values in arms:
                    cluster.apply(values, restart)
                self.assertEqual(cluster.in_force, arms[-1] if restart else {})
                raise benches.BenchError("aborted")
        self.assertEqual(instance.written, {})
        return cluster

    def test_what_a_restart_brought_into_force_goes_by_another_one(self):
        self.assertEqual(self.aborted(FakeInstance(), [A, B], restart=True).in_force, {})

    def test_a_cluster_that_is_as_made_again_is_not_restarted(self):
        for arms, restart in (([A, MADE], True), ([A], False)):
            cluster = self.aborted(FakeInstance(), arms, restart)
            self.assertEqual(cluster.restarts, len(arms) if restart else 0)

    def test_settings_before_one_that_failed_do_not_stay(self):
        instance = FakeInstance(failing="alter system set b = '1'")
        self.aborted(instance, [{**A, **B}], restart=False)


class SettingsBenches(unittest.TestCase):
    def test_every_arm_stands_near_the_cluster_as_made_and_cycles_turn_round(self):
        self.assertEqual(benches.order([A, B, C], 2), [MADE, A, B, MADE, C, MADE, C, B, MADE, A, MADE])

    def test_a_ratio_is_the_median_of_the_rounds_beside_their_own_neighbours(self):
        # The machine becomes twice as slow between the cycles; `a` is always 1.5 times as fast.
        rates = [(MADE, 100), (A, 150), (MADE, 100), (MADE, 50), (A, 75), (MADE, 50), (A, 100), (MADE, 50)]
        rounds = [(values, (rate, 1000 / rate, 1)) for values, rate in rates]
        rate, cost, wal = benches.figures_of(rounds, A)
        self.assertEqual((rate["name"], rate["unit"]), ("settings_rate a=1", "1/s"))
        self.assertAlmostEqual(rate["ratio"], 1.5)
        self.assertAlmostEqual(rate["spread"], 0.5)
        self.assertAlmostEqual(cost["ratio"], 0.667)
        self.assertEqual(wal["ratio"], 1)

    def test_the_noise_is_the_cluster_as_made_beside_itself(self):
        rates = [(MADE, 100), (A, 1), (MADE, 120), (A, 1), (MADE, 100)]
        rounds = [(values, (rate, 1, 1)) for values, rate in rates]
        rate = benches.noise_of(rounds, 4, False)[0]
        self.assertEqual(rate["name"], "settings_rate as made, 4 s")
        self.assertAlmostEqual(rate["ratio"], 1.2)
        self.assertEqual(benches.noise_of(rounds[:3], 4, False), [])


if __name__ == "__main__":
    unittest.main()
