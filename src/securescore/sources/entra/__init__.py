"""The source entra."""
