"""The source purview."""
