"""Search of readouts: accuracy against energy, with optuna; and only here."""
