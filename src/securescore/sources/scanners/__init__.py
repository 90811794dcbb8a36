"""The source scanners."""
