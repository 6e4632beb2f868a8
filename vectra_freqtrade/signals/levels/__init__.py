"""Liquidation levels: the estimate, recorded snapshots, clusters. Pure."""
