"""Shared by all packages: descriptions, errors, files, units, random streams, bits, statistics."""
