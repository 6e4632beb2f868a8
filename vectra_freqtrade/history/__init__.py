"""The store on disk: the only place that writes market data."""
