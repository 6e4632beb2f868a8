"""What CoinGlass has, as data: datasets, columns, plans, names. No I/O, no pandas."""
