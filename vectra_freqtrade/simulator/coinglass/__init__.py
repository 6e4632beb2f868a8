"""A CoinGlass server on loopback over the simulated market."""
