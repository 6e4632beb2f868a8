"""What a strategy may know, in a backtest and in a bot: the one door it reads through."""
