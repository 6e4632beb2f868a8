"""Fill the store: what is missing, asked for in blocks, written in order."""
