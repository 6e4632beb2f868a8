"""What `vectra-freqtrade doctor` looks at, one file for each kind of check; findings are data."""
