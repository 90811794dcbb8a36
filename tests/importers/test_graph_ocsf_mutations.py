"""Damaged files of our own: a collection comes out, or an error with a file; nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securescore.core.errors import ImportFormatError
from securescore.importers import graph_secure_score, ocsf
from securescore.importers.base import ImportContext, Importer
from securescore.importers.document import Document

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)

GRAPH: Importer = graph_secure_score.IMPORTERS[0]
OCSF: Importer = ocsf.IMPORTERS[0]
CSV: Importer = ocsf.IMPORTERS[1]
FILES = {
    "graph/secure-scores.json": GRAPH,
    "graph/control-profiles.json": GRAPH,
    "ocsf/prowler-aws.ocsf.json": OCSF,
    "ocsf/compliance-findings.jsonl": OCSF,
    "ocsf/prowler.csv": CSV,
}
JSON_FILES = [name for name in FILES if name.endswith(".json")]

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            *("", "NaN", "12,5", "2026-05-04T00:00:00Z", "9999-12-31T23:59:59-23:59"),
            *("/Date(9)/", 10**400, -1, 1e308, "\U0010ffff", "<![x", "&#x110000;", "<" * 50),
        ]
    ),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3)
    ),
    max_leaves=4,
)


def outcome(importer: Importer, path: Path) -> str:
    """``read`` or ``refused``; whatever else happens fails the test."""
    try:
        document = Document(path)
        importer.recognizes(document)
        collected = importer.read([document], ImportContext(now=NOW))
    except ImportFormatError as error:
        return "refused" if path.name in error.where else "refused without its file"
    assert collected
    for entry in collected:
        assert entry.collected_at.tzinfo is not None
        for rows in entry.tables.values():
            assert all(isinstance(dict(row), dict) for row in rows)
    return "read"


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all values below ``value``."""
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = []
    for key, child in entries:
        found += [(*path, key), *places(child, (*path, key))]
    return found


def replaced(value: Any, path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> Any:
    copied = copy.deepcopy(value)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    change(parent, path[-1])
    return copied


@pytest.fixture(scope="session")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "damaged.json"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_undamaged_file_is_read(name: str) -> None:
    assert outcome(FILES[name], FIXTURES / name) == "read"


@pytest.mark.parametrize("name", JSON_FILES)
@given(data=st.data())
def test_another_value_in_any_place_is_read_or_refused(
    name: str, data: st.DataObject, damaged: Path
) -> None:
    whole = json.loads((FIXTURES / name).read_text())
    path = data.draw(st.sampled_from(places(whole)))
    new = data.draw(VALUES)
    value = replaced(whole, path, lambda parent, key: parent.__setitem__(key, new))
    damaged.write_text(json.dumps(value))

    assert outcome(FILES[name], damaged) in {"read", "refused"}


@pytest.mark.parametrize("name", JSON_FILES)
@given(data=st.data())
def test_a_missing_value_in_any_place_is_read_or_refused(
    name: str, data: st.DataObject, damaged: Path
) -> None:
    whole = json.loads((FIXTURES / name).read_text())
    path = data.draw(st.sampled_from(places(whole)))
    value = replaced(whole, path, lambda parent, key: parent.__delitem__(key))
    damaged.write_text(json.dumps(value))

    assert outcome(FILES[name], damaged) in {"read", "refused"}


@pytest.mark.parametrize("name", sorted(FILES))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_bytes_cut_or_changed_anywhere_are_read_or_refused(
    name: str, data: st.DataObject, damaged: Path
) -> None:
    content = (FIXTURES / name).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    n_removed = data.draw(st.sampled_from([0, 1, 2, 10, len(content)]))
    inserted = data.draw(st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"[", b",", b"\n"]))
    damaged.write_bytes(content[:start] + inserted + content[start + n_removed :])

    assert outcome(FILES[name], damaged) in {"read", "refused"}
