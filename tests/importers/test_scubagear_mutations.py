"""Whatever is broken in an export, it is refused with its place or it lands."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError
from securescore.importers.base import ImportContext
from securescore.importers.document import Document
from securescore.importers.scubagear import ScubaGearImporter
from securescore.land.arrow import sorted_by_key, to_arrow
from securescore.sources import all_tables

FIXTURE = Path(__file__).parent.parent / "fixtures" / "scubagear" / "ProviderSettingsExport.json"
EXPORT = json.loads(FIXTURE.read_text())
CONTEXT = ImportContext(now=datetime(2026, 5, 20, 8, tzinfo=UTC))


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield (*place, key)
        if isinstance(child, dict | list):
            yield from _places(child, (*place, key))


PLACES = list(_places(EXPORT))
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["True", "All", "None", "/Date(99999999999999)/", "/Date(1)/", "9999-12-31", "\U0001f6a2"]
    )
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["Id", "Name", "results"]), inner)
    ),
    max_leaves=5,
)
MUTATION = st.tuples(
    st.sampled_from(PLACES), st.sampled_from(["replace", "delete", "repeat", "wrap"]), VALUES
)


def _mutate(export: Any, place: tuple[Any, ...], how: str, value: object) -> None:
    for key in place[:-1]:
        # An earlier mutation may have taken the place away.
        try:
            export = export[key]
        except (KeyError, IndexError, TypeError):
            return
    key = place[-1]
    if not isinstance(export, dict | list) or (
        key not in export if isinstance(export, dict) else not isinstance(key, int)
    ):
        return
    if isinstance(export, list) and key >= len(export):
        return
    if how == "delete":
        del export[key]
    elif how == "repeat" and isinstance(export, list):
        export.insert(key, copy.deepcopy(export[key]))
    elif how == "wrap":
        export[key] = [export[key]]
    else:
        export[key] = value


def _read(content: bytes) -> tuple[Sequence[Collected], ImportFormatError | None]:
    with tempfile.NamedTemporaryFile(suffix=".json", prefix="mutated") as file:
        file.write(content)
        file.flush()
        try:
            return ScubaGearImporter().read([Document(Path(file.name))], CONTEXT), None
        except ImportFormatError as error:
            return (), error


def _check(found: Sequence[Collected], error: ImportFormatError | None) -> None:
    assert error is None or (error.where.startswith("mutated") and error.what_to_do)
    for collected in found:
        for name, rows in collected.tables.items():
            table = all_tables()[name]
            sorted_by_key(table, to_arrow(table, rows))
        assert not set(collected.tables) & set(collected.missing)


@given(st.lists(MUTATION, min_size=1, max_size=4))
def test_a_mutated_export_is_refused_with_its_place_or_lands(
    mutations: list[tuple[tuple[Any, ...], str, object]],
) -> None:
    export = copy.deepcopy(EXPORT)
    for place, how, value in mutations:
        _mutate(export, place, how, value)

    _check(*_read(json.dumps(export).encode()))


@given(st.binary(max_size=40), st.integers(0, len(FIXTURE.read_bytes())))
def test_bytes_thrown_into_an_export_are_refused_or_land(noise: bytes, at: int) -> None:
    content = FIXTURE.read_bytes()

    _check(*_read(content[:at] + noise + content[at + len(noise) :]))
