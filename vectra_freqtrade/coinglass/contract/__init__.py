"""What CoinGlass promises, held against what it sends: one small pure function a promise."""
