"""An exchange on loopback over the simulated market, as ccxt asks it."""
