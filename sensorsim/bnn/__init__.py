"""Bits to decision: the binary network's layers, its file format and its bit-level simulator."""
