"""An answer's bytes to rows, orders and levels in our own units. Pure."""
