"""One file a command; shared options, messages and exit codes beside them."""
