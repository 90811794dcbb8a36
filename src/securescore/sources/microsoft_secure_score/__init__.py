"""The source microsoft_secure_score."""
