"""Search for readouts that trade accuracy against energy; the only package that needs optuna."""
