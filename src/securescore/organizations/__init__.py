"""Organizations, the people who may see them, and the only door to them (``access``)."""
