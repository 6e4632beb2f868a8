"""The evidence study: what followed what the data said, with intervals."""
