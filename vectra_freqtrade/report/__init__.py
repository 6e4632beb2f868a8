"""The HTML reports: a backtest's, the store's, the evidence study's."""
