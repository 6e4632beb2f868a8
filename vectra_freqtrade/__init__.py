"""CoinGlass derivatives data in any Freqtrade strategy."""
