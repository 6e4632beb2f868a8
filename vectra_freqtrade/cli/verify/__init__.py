"""The command `vectra-freqtrade verify`."""
