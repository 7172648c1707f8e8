"""Numba kernels: random numbers, photodiode, comparators, quantizer, XNOR-popcount.

Kernels take arrays and numbers. They know nothing of configurations, files or progress bars.
"""
