"""Matplotlib figures of Datasets and arrays."""
