"""Figures made from Datasets and arrays with matplotlib."""
