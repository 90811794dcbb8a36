"""Evaluation: manifests and a catalog become control results. No clock, no network."""
