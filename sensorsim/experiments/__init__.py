"""Many chains: sweeps, paired comparisons, Monte-Carlo over dies, energy comparisons, search."""
