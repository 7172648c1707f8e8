"""Scenes: photographs and their labels, and how they are exposed."""
