"""A simulated market, a loopback exchange and a loopback CoinGlass server, all on 127.0.0.1.

Fixtures for the demo command, the tests and anyone without a key or a network. Nothing here is
market data and nothing measured on it says anything about profit.
"""
