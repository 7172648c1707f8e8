"""Experiments with many chains: sweeps, comparisons, Monte Carlo over dies, energy, search."""
