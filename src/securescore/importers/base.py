"""What an importer is.

A module or package of ``importers`` that reads a format holds ``IMPORTERS``, a tuple of
values with the methods of :class:`Importer`. It imports ``base``, ``document`` and ``node``
only, never another importer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from securescore.core.collection import Collected
from securescore.importers.document import Document

# A clock that runs ahead is forgiven; a date in the future would make every later run "older".
MAX_CLOCK_ERROR = timedelta(days=1)
# No format is older; an earlier time is a clock that was never set.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What the person said beside the files.

    Attributes:
        now: aware, UTC: when the command runs.
        on: the day that the files describe, where the person names it; it overrides the day
            that a file gives.
    """

    now: datetime
    on: date | None = None

    def collected_at(self, document: Document, written_at: datetime, place: str) -> datetime:
        """When the configuration was read.

        Args:
            document: the file that gives ``written_at``.
            written_at: aware; the time that the file gives.
            place: where it stands in the file.

        Returns:
            Aware, UTC. With ``on`` it is noon of that day: in the middle, so that the day is
            the same in every time zone from -11 to +11 and later runs of that day are newer.

        Raises:
            DocumentError: the file comes from the future, or from before ``EARLIEST``.
        """
        if self.on is not None:
            return datetime.combine(self.on, time(12), UTC)
        if not EARLIEST <= written_at <= self.now + MAX_CLOCK_ERROR:
            wrong = "in the future" if written_at > self.now else "before this format existed"
            raise document.error(
                what=f"the file says it was written on {written_at.date().isoformat()}, "
                f"which is {wrong}",
                place=place,
                what_to_do="check the clock of the machine that wrote it, or name the day "
                "with --on YYYY-MM-DD",
            )
        return written_at.astimezone(UTC)


class Importer(Protocol):
    """One format. Implementations hold no state."""

    @property
    def name(self) -> str:
        """Short and stable: ``scubagear``. Usually the ``source`` of what it brings."""

    @property
    def title(self) -> str:
        """For messages: ``ScubaGear ProviderSettingsExport.json or ScubaResults.json``."""

    def recognizes(self, document: Document) -> bool:
        """Whether the file is of this format, by its content (``keys``, ``head``).

        Never by its name. Cheap, and without errors: a damaged file that begins like the
        format is recognized, so that ``read`` can say what is wrong with it.
        """

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        """What the files hold.

        All the files of this format that one command names come at once, because some belong
        together (pages of one list, scores and their profiles).

        Args:
            documents: at least one, of distinct content, in the order given.
            context: the day and the clock.

        Raises:
            DocumentError: one file is bad; make it with ``document.error``. The caller names
                it, leaves it out and calls again with the others, so nothing of it may be kept.
            ImportFormatError: the files cannot be imported together; none is.
        """
