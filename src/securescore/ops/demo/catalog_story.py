"""How the catalog of the main organization changed over the two years."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from securescore.ops.demo.values import CatalogChange, StoryCause, StoryEvent, StoryKind


@dataclass(frozen=True, slots=True)
class Edition:
    """A new edition of the catalog."""

    day: int
    added: tuple[str, ...]
    retired: tuple[str, ...]


EDITIONS = (
    Edition(154, ("spo_idle_session_timeout", "spo_legacy_auth", "spo_external_sharing_managed",
                  "spo_external_users_sharing", "spo_block_onedrive_sync_unmanaged_devices"), ()),
    Edition(430, ("aad_phishing_MFA_strength", "aad_sign_in_freq_session_timeout",
                  "mdo_thresholdreachedaction"), ("mdo_recipientlimitperday",)),
    Edition(646, ("mip_autosensitivitylabelspolicies", "mip_DLP_policies_Teams"),
            ("mdo_zapspam",)),
)  # fmt: skip


def catalog_changes(on: Callable[[int], date]) -> tuple[CatalogChange, ...]:
    """The editions as the pipeline takes them, ascending.

    Args:
        on: the date of a day of the story.
    """
    return tuple(
        CatalogChange(
            on=on(edition.day),
            added=frozenset(edition.added),
            retired=frozenset(edition.retired),
            version=f"{on(edition.day):%Y.%m}",
        )
        for edition in EDITIONS
    )


def catalog_events(on: Callable[[int], date]) -> list[StoryEvent]:
    """The editions as events."""
    return [
        StoryEvent(
            on(edition.day),
            StoryKind.CATALOG,
            StoryCause.CATALOG,
            (*edition.added, *edition.retired),
            f"A new edition of the catalog: {len(edition.added)} controls are new, "
            f"{len(edition.retired)} retired.",
        )
        for edition in EDITIONS
    ]
