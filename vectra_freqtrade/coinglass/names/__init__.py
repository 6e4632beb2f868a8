"""What CoinGlass calls a coin: its lists, what was measured of its names, their rows together."""
