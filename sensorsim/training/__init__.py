"""Train readout, binary network and float teacher; the only package that needs torch."""
