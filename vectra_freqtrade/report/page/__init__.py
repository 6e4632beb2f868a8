"""Tables and plots as one HTML page."""
