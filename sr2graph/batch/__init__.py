"""Many inputs at once: what to read, on how many cores, where it goes, and what became of each."""
