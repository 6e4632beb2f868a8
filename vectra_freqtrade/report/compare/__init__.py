"""What CoinGlass changed in a strategy's backtest, and whether that pays for it."""
