"""The source intune."""
