"""The source defender_office."""
