"""Light before silicon: lens, spectrum, radiometry, color filter array."""
