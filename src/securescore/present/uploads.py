"""Files that people upload: streamed to where their job reads them, never held in memory.

Only the view of the import asks for :class:`ToIncoming`; everywhere else a form may carry small
files at most (``settings.FILE_UPLOAD_HANDLERS``), so that nobody fills the disk from outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from securescore.ops import incoming
from securescore.ops.workspace import workspace

if TYPE_CHECKING:
    import uuid

MAX_FILES = 200
"""Of one import; ``DATA_UPLOAD_MAX_NUMBER_FILES`` is the same."""


class LandedFile(UploadedFile):  # type: ignore[type-arg]  # at run time it takes no argument
    """An uploaded file at its place."""

    def __init__(self, path: Path, name: str, size: int) -> None:
        super().__init__(None, name, None, size)
        self.path = path

    def close(self) -> None:
        """Nothing: it was closed when it was complete. Django calls it when the form breaks."""


class ToIncoming(FileUploadHandler):
    """Writes each file into the folder of a job; stops when there is too much."""

    def __init__(self, job_id: uuid.UUID, max_bytes: int) -> None:
        super().__init__()
        self.job_id = job_id
        self.max_bytes = max_bytes
        self.is_too_large = False
        self.n_files = 0
        self._n_bytes = 0
        self._path = Path()
        self._file: IO[bytes] | None = None

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(field_name, file_name, *args, **kwargs)
        self.n_files += 1
        self._path = incoming.place_for(workspace(), self.job_id, self.n_files, file_name)
        self._file = self._path.open("wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """A piece of it."""
        del start
        self._n_bytes += len(raw_data)
        if self._n_bytes > self.max_bytes or self.n_files > MAX_FILES:
            self.is_too_large = True
            self._close()
            # What follows is read and dropped, so that the browser gets to see the answer.
            raise StopUpload(connection_reset=False)
        if self._file is not None:
            self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> LandedFile:
        """The file is whole."""
        self._close()
        return LandedFile(self._path, self._path.name, file_size)

    def upload_interrupted(self) -> None:
        """The browser went away."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class RefuseLargeFiles(FileUploadHandler):
    """The last handler everywhere: what did not fit into memory is not taken."""

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Refuse it."""
        del field_name, args, kwargs
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Nothing comes here."""
        del start
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Nothing comes here."""
        del file_size
