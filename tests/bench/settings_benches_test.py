"""How the rounds of `settings` are ordered and compared; the measuring itself is not in it."""

import unittest

import settings_benches as benches

A, B, C = {"a": "1"}, {"b": "1"}, {"c": "1"}
MADE = benches.AS_MADE


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
