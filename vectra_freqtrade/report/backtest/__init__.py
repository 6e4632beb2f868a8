"""A backtest's result, its frames and stops, ready to be shown."""
