"""The source sharepoint."""
