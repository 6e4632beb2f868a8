"""The simulated market: prices, open interest, flows, walls. Seeded, and nothing else decides."""
