"""The `coinglass` section of freqtrade's config, as models."""
