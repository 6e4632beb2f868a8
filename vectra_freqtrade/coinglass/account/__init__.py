"""The key, its plan, and what CoinGlass refused in the last day."""
