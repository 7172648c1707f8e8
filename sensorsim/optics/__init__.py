"""Light before the pixels: lens, spectrum, radiometry, color filter array."""
