"""Training of readout and binary network together; the only part that needs torch."""
