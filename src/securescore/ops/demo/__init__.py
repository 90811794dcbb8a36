"""Demo organizations: invented companies with two years of history, as raw tables.

Everything is drawn from a seed and told relative to the last day, so that the same seed and day
give the same rows. The package makes :class:`Collected` values only; what follows from them
(points, states, causes) is the pipeline's business, as with any other source.
"""

from __future__ import annotations

from securescore.ops.demo.main_organization import main_organization
from securescore.ops.demo.others import other_organization
from securescore.ops.demo.values import CatalogChange, DemoOrganization, Others, StoryEvent

__all__ = [
    "CatalogChange",
    "DemoOrganization",
    "Others",
    "StoryEvent",
    "main_organization",
    "other_organization",
]
