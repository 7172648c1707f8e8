"""Build and run a pipeline from its description; compute energy and time of a frame."""
