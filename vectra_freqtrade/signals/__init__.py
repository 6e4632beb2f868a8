"""One file a dataset: native rows in, features out; `align` is the one join. Pure."""
