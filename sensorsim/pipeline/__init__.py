"""A description becomes a chain that runs, and says what a frame costs and how long it takes."""
