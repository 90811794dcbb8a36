"""The source teams."""
