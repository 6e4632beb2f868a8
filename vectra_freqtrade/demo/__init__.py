"""`vectra-freqtrade demo`: a real backtest over the simulator, in a folder of its own."""
