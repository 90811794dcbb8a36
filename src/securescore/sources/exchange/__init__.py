"""The source exchange."""
