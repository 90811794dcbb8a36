"""Finds each file's importer by its content, and reads files that belong together at once.

It decides what happens to many files: the good ones are read, each bad one is named with its
reason, equal ones count once. It knows no format: the modules beside it do.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from securescore import importers
from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError, InputError
from securescore.importers.base import ImportContext, Importer
from securescore.importers.document import Document, DocumentError, documents

N_SHOWN = 60  # characters of the beginning of an unknown file that the message shows


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What the files of one format gave."""

    importer: str
    files: tuple[Path, ...]
    collected: tuple[Collected, ...]


@dataclass(frozen=True, slots=True)
class FileError:
    """A file that could not be imported; nothing of it was kept."""

    path: Path
    error: ImportFormatError


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """What all files gave.

    Attributes:
        outcomes: one per format, by name.
        errors: the files that were left out, in the order met.
        notes: sentences for the person (a file given twice).
    """

    outcomes: tuple[ImportOutcome, ...]
    errors: tuple[FileError, ...] = ()
    notes: tuple[str, ...] = ()


@cache
def all_importers() -> tuple[Importer, ...]:
    """Every importer of every module beside this one, by name."""
    found: dict[str, Importer] = {}
    for module in pkgutil.iter_modules(importers.__path__):
        loaded = importlib.import_module(f"{importers.__name__}.{module.name}")
        offered: tuple[Importer, ...] = getattr(loaded, "IMPORTERS", ())
        for importer in offered:
            if importer.name in found:
                msg = f"two importers are called {importer.name}"
                raise ValueError(msg)
            found[importer.name] = importer
    return tuple(found[name] for name in sorted(found))


def importer_for(document: Document, among: Sequence[Importer] | None = None) -> Importer:
    """The importer of a file.

    Args:
        document: the file.
        among: the importers to ask; all by default.

    Raises:
        DocumentError: none recognizes it, or more than one does.
    """
    asked = all_importers() if among is None else among
    found = [importer for importer in asked if importer.recognizes(document)]
    if len(found) == 1:
        return found[0]
    if found:
        raise document.error(
            what="the file fits more than one format: " + ", ".join(i.title for i in found),
            what_to_do="report this file's tool and version; it must not be guessed",
        )
    raise document.error(
        what=f"no known format; it {_beginning(document)}",
        what_to_do="import one of: " + "; ".join(i.title for i in asked),
    )


def read_files(
    paths: Sequence[Path],
    context: ImportContext,
    *,
    among: Sequence[Importer] | None = None,
    on_file: Callable[[Path], None] | None = None,
) -> ReadFiles:
    """Read files of any known formats.

    Args:
        paths: files, and folders for the files directly in them.
        context: the day and the clock.
        among: the importers to use; all by default.
        on_file: called with each file before it is looked at (progress).

    Returns:
        What was read and what was not. Files of equal content are read once.

    Raises:
        InputError: ``context.on`` is in the future.
    """
    if context.on is not None and context.on > context.now.date():
        raise InputError(
            what=f"{context.on.isoformat()} is in the future",
            where="--on",
            what_to_do="name the day on which the files were exported",
        )
    errors: list[FileError] = []
    notes: list[str] = []
    groups: dict[str, list[Document]] = {}
    by_name: dict[str, Importer] = {}
    seen: dict[str, Document] = {}
    for document in documents(list(paths), lambda path, e: errors.append(FileError(path, e))):
        if on_file is not None:
            on_file(document.path)
        try:
            importer = importer_for(document, among)
            first = seen.setdefault(document.digest, document)
        except ImportFormatError as error:
            errors.append(FileError(document.path, error))
            continue
        if first is not document:
            notes.append(f"{document.name} has the content of {first.name} and was read once")
            continue
        by_name[importer.name] = importer
        groups.setdefault(importer.name, []).append(document)
    outcomes = []
    for name in sorted(groups):
        outcome, bad = _read_group(by_name[name], groups[name], context)
        errors.extend(bad)
        if outcome is not None:
            outcomes.append(outcome)
    return ReadFiles(tuple(outcomes), tuple(errors), tuple(notes))


def _read_group(
    importer: Importer, group: list[Document], context: ImportContext
) -> tuple[ImportOutcome | None, list[FileError]]:
    """Read the files of one format; leave a bad one out and read the others again."""
    errors: list[FileError] = []
    good = list(group)
    while good:
        try:
            collected = tuple(importer.read(good, context))
        except DocumentError as error:
            errors.append(FileError(error.document.path, error))
            good.remove(error.document)
        except ImportFormatError as error:
            errors.extend(FileError(document.path, error) for document in good)
            break
        else:
            files = tuple(document.path for document in good)
            return ImportOutcome(importer.name, files, collected), errors
    return None, errors


def _beginning(document: Document) -> str:
    """``begins with '{"a": 1'``: the keys would be clearer, but it may not be JSON at all."""
    top = sorted(key for key in document.keys if "." not in key)[:5]
    if top:
        return "is JSON with the keys " + ", ".join(top)
    text = document.head[:N_SHOWN].decode(errors="replace")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"begins with '{shown.strip()}'"
