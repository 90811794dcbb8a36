"""The source cloud_apps."""
