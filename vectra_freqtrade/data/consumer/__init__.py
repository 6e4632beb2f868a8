"""A bot without a key of its own: columns that a producer sends."""
