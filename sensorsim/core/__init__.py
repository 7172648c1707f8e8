"""What every package uses: descriptions, errors, files, units, random streams, bits, statistics."""
