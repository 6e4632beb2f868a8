"""`vectra-freqtrade doctor`: one file for each kind of check; findings are data."""
