"""The source m365_admin."""
