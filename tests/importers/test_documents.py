"""Opening files: what counts as readable, and the place that every complaint names."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError, InputError
from securescore.importers import detect
from securescore.importers.base import ImportContext, Importer
from securescore.importers.document import Document, DocumentError, Form
from securescore.importers.strict_json import MAX_DEPTH, BadJson, parsed

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
CONTEXT = ImportContext(now=NOW)

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def written(content: str | bytes, name: str = "input.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


class Notes:
    """An importer of a format of this test: objects with the key ``notes``."""

    name = "notes"
    title = "Notes"

    def recognizes(self, document: Document) -> bool:
        return "notes" in document.keys

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        for document in documents:
            value = document.load()
            if not isinstance(value, dict) or not isinstance(value["notes"], str):
                raise document.error(what="expected a text", place="notes")
        return [Collected("notes", context.now, {}, external_id=d.name) for d in documents]


class AllTogether(Notes):
    """The same, but no file stands without the others."""

    name = "together"

    def read(self, documents: Sequence[Document], _: ImportContext) -> Sequence[Collected]:
        raise ImportFormatError(what="they disagree", where=", ".join(d.name for d in documents))


def complaint(path: Path, **limits: int) -> str:
    with pytest.raises(DocumentError) as caught:
        Document(path, **limits).load()
    assert isinstance(caught.value, ImportFormatError)
    assert path.name in caught.value.where
    return caught.value.message


# -- what counts as readable ---------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte order mark"])
def test_plain_and_packed_files_with_and_without_a_mark_read_the_same(
    save: Save, pack: Callable[[bytes], bytes], mark: bytes
) -> None:
    document = Document(save(pack(mark + b'{"name": "H\xc3\xa5kon"}')))

    actual = (document.load(), document.keys, document.form, document.digest)

    reference = Document(save('{"name": "Håkon"}', "reference.json"))
    expected = ({"name": "Håkon"}, frozenset({"name"}), Form.OBJECT, reference.digest)

    assert expected == actual


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (b"PK\x03\x04rest", "it is a zip archive"),
        ("{}".encode("utf-16"), "the text is UTF-16, expected UTF-8"),
        (b'{"a": "\xe9"}', "byte 7: the text is not UTF-8"),
        (gzip.compress(b'{"a": 1}' * 99, mtime=0)[:-9], "the gzip file is cut off"),
        (b"\x1f\x8b\x08" + b"\x00" * 40, "the gzip file is damaged"),
    ],
)
def test_a_file_that_cannot_be_text_is_refused_by_name(
    save: Save, content: bytes, expected: str
) -> None:
    actual = complaint(save(content))

    assert expected in actual


def test_a_folder_a_pipe_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "it is a folder" in complaint(tmp_path)
    assert "not a regular file" in complaint(tmp_path / "pipe")
    assert "there is no such file" in complaint(tmp_path / "nowhere.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_refused(save: Save) -> None:
    path = save("{}")
    path.chmod(0)

    assert "cannot be read" in complaint(path)


def test_a_gzip_that_unpacks_beyond_the_limit_is_stopped(save: Save) -> None:
    bomb = save(gzip.compress(b"[" + b" " * 5_000_000 + b"]"))

    actual = complaint(bomb, max_bytes=1024 * 1024)

    assert "larger than 1 MiB when unpacked" in actual


def test_a_file_larger_than_memory_allows_is_streamed_but_not_loaded(save: Save) -> None:
    path = save(json.dumps({"value": [{"n": n} for n in range(50)]}))

    assert "larger than 100 bytes" in complaint(path, max_load_bytes=100)

    actual = [
        (place, record["n"])  # type: ignore[index]  # objects of this test
        for place, record in Document(path, max_load_bytes=100).records("value")
    ]
    expected = [(f"value[{n}]", n) for n in range(50)]

    assert expected == actual


# -- strict JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, place, what",
    [
        ('{\n "a": 1,\n "a": 2}', "line 3, column 2", "the key 'a' appears twice"),
        ('[{"a": {"b": 1}}, {"b": [{"b": 1, "b": 1}]}]', "column 35", "'b' appears twice"),
        ('{"a": "a\\"", "c": NaN}', "line 1, column 19", "NaN is not a number"),
        ('{"a": -Infinity}', "column 7", "-Infinity is not a number"),
        ('{"a": 1e999}', "line 1, column 7", "1e999 is not a number"),
        ('{"a": [1, 2', "line 1, column 12", "ends in the middle"),
        ('{"a": "un', "line 1, column 10", "ends in the middle"),
        ('{"a": 1} {', "line 1, column 10", "something follows"),
        ('{"a": 1,}', "line 1, column 9", "not JSON"),
        ("[" * 150 + "]" * 150, "input.json", "nested more than 100 times"),
        ("[" * 99_999, "input.json", "nested more than 100 times"),
        ('{"a":' * 150 + "1" + "}" * 150, "input.json", "nested more than 100 times"),
        ('["\\u0000"]', "input.json", "NUL"),
        ('["\\ud800"]', "input.json", "surrogate"),
        ("[" + "9" * 5000 + "]", "input.json", "too many digits"),
    ],
)
def test_json_that_could_mean_two_things_is_refused_with_its_place(
    save: Save, text: str, place: str, what: str
) -> None:
    actual = complaint(save(text))

    assert place in actual
    assert what in actual


def test_depth_is_counted_exactly() -> None:
    assert parsed("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(BadJson):
        parsed("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parsed('["\\ud83d\\ude00", "\\\\ud800"]') == ["\N{GRINNING FACE}", "\\ud800"]


def test_a_key_may_be_repeated_only_where_a_tool_is_known_to_say_the_same_twice() -> None:
    known = frozenset({"plans"})

    assert parsed('{"plans": [1], "plans": [1]}', known) == {"plans": [1]}
    with pytest.raises(BadJson, match="plans"):
        parsed('{"plans": [1], "plans": [2]}', known)
    with pytest.raises(BadJson, match="other"):
        parsed('{"plans": [1], "plans": [1], "other": 1, "other": 1}', known)


# -- lists and lines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, key, expected",
    [
        ("[1, [2], {}]", "", [1, [2], {}]),
        ("[]", "", []),
        ('{"x": 1, "value": [1]}', "value", [1]),
        ('{"Raw": {"rules": [{"a": 1.5}]}}', "Raw.rules", [{"a": 1.5}]),
    ],
)
def test_the_elements_of_a_list_are_streamed(
    save: Save, text: str, key: str, expected: list[object]
) -> None:
    actual = list(Document(save(text)).items(key))

    assert expected == actual


@pytest.mark.parametrize(
    "text, place, what",
    [
        ('[{"a": 1}, {"b": 1, "b": 2}]', "[1]", "'b' appears twice"),
        ('[{"a": 1}, {"b": NaN}]', "[1]", "not JSON"),
        ('[{"a": 1}, {"b": 1}, ', "[2]", "cut off"),
        ('[{"a": 1}] x', "[1]", "not JSON"),
        ("[1, " + "[" * 120 + "]" * 120 + "]", "[1]", "nested more than"),
        ('["ok", "\\u0000"]', "[1]", "NUL"),
        ('{"value": 1}', "input.json", "expected a list"),
    ],
)
def test_a_streamed_list_is_as_strict_and_counts_its_elements(
    save: Save, text: str, place: str, what: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        list(Document(save(text)).items())

    assert place in caught.value.where
    assert what in caught.value.message


def test_invalid_utf8_in_a_streamed_list_is_named(save: Save) -> None:
    with pytest.raises(DocumentError, match="not UTF-8"):
        list(Document(save(b'["ok", "\xff"]')).items())


def test_lines_carry_their_numbers_and_complaints_too(save: Save) -> None:
    good = Document(save('{"a": 1}\n\n{"a": 2}\n'))
    bad = Document(save('{"a": 1}\n{"a": 2, "a": 3}\n', "bad.jsonl"))

    assert list(good.lines()) == [(1, {"a": 1}), (3, {"a": 2})]
    with pytest.raises(DocumentError, match="line 2, column 10"):
        list(bad.lines())


@pytest.mark.parametrize(
    "text, form, expected",
    [
        ('[{"a": 1}]', Form.ARRAY, [("[0]", {"a": 1})]),
        ('{"value": [{"a": 1}]}', Form.OBJECT, [("value[0]", {"a": 1})]),
        ('{\n"a": 1\n}', Form.OBJECT, [("", {"a": 1})]),
        ('{"a": 1}\n{"a": 2}', Form.LINES, [("line 1", {"a": 1}), ("line 2", {"a": 2})]),
        (
            '{"value": [1]}\n{"value": [2]}',
            Form.LINES,
            [("line 1, value[0]", 1), ("line 2, value[0]", 2)],
        ),
    ],
)
def test_records_come_from_every_layout_with_their_places(
    save: Save, text: str, form: Form, expected: list[tuple[str, object]]
) -> None:
    document = Document(save(text))

    actual = list(document.records("value"))

    assert form is document.form
    assert expected == actual


# -- finding the importer ------------------------------------------------------------------------


def test_a_file_of_no_known_format_is_refused_with_what_was_seen(save: Save) -> None:
    with pytest.raises(DocumentError) as caught:
        detect.importer_for(Document(save('{"colour": "blue", "size": 3}')))

    message = caught.value.message
    assert "JSON with the keys colour, size" in message
    assert "ScubaGear" in message

    with pytest.raises(DocumentError, match="begins with 'hello"):
        detect.importer_for(Document(save("hello, world", "hello.txt")))


def test_a_file_of_two_formats_is_refused(save: Save) -> None:
    document = Document(save('{"notes": "x"}'))

    with pytest.raises(DocumentError, match="more than one format"):
        detect.importer_for(document, [Notes(), AllTogether()])


def test_every_importer_of_the_folder_is_found_once() -> None:
    names = [importer.name for importer in detect.all_importers()]

    assert "scubagear" in names
    assert sorted(set(names)) == names


# -- many files ----------------------------------------------------------------------------------

AMONG: tuple[Importer, ...] = (Notes(),)


def outcome(read: detect.ReadFiles) -> tuple[list[str], list[str], int]:
    files = [path.name for one in read.outcomes for path in one.files]
    return files, [error.path.name for error in read.errors], len(read.notes)


def test_good_files_go_on_and_each_bad_one_is_named(save: Save, tmp_path: Path) -> None:
    paths = [
        save('{"notes": "a"}', "a.json"),
        save('{"notes": 1}', "number.json"),
        save('{"notes": "b"', "cut.json"),
        save("", "empty.json"),
        save("?", "unknown.json"),
        tmp_path / "nowhere.json",
        save('{"notes": "c"}', "c.json"),
    ]

    read = detect.read_files(paths, CONTEXT, among=AMONG)

    bad = ["empty.json", "unknown.json", "nowhere.json", "number.json", "cut.json"]
    assert (["a.json", "c.json"], bad, 0) == outcome(read)
    assert [c.external_id for c in read.outcomes[0].collected] == ["a.json", "c.json"]


def test_files_that_disagree_are_all_left_out(save: Save) -> None:
    paths = [save('{"notes": "a"}', "a.json"), save('{"notes": "b"}', "b.json")]

    read = detect.read_files(paths, CONTEXT, among=[AllTogether()])

    assert outcome(read) == ([], ["a.json", "b.json"], 0)


def test_the_same_content_is_read_once_and_noted_whatever_its_packing(save: Save) -> None:
    text = '{"notes": "a"}'
    paths = [
        save(text, "a.json"),
        save(gzip.compress(text.encode()), "a.json.gz"),
        save(b"\xef\xbb\xbf" + text.encode(), "marked.json"),
    ]

    read = detect.read_files([*paths, paths[0]], CONTEXT, among=AMONG)

    assert outcome(read) == (["a.json"], [], 3)


def test_a_folder_stands_for_the_files_directly_in_it(save: Save, tmp_path: Path) -> None:
    save('{"notes": "b"}', "b.json")
    save('{"notes": "a"}', "a.json")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.json").write_text('{"notes": "c"}')
    seen: list[str] = []

    read = detect.read_files(
        [tmp_path], CONTEXT, among=AMONG, on_file=lambda path: seen.append(path.name)
    )

    assert outcome(read) == (["a.json", "b.json"], [], 0)
    assert seen == ["a.json", "b.json"]


# -- the day -------------------------------------------------------------------------------------


def test_the_day_that_the_person_names_is_noon_of_that_day(save: Save) -> None:
    document = Document(save("{}"))
    context = ImportContext(now=NOW, on=date(2026, 4, 1))

    actual = context.collected_at(document, datetime(2026, 5, 1, tzinfo=UTC), "date")

    assert datetime(2026, 4, 1, 12, tzinfo=UTC) == actual


def test_a_file_from_the_future_is_refused_and_a_fast_clock_forgiven(save: Save) -> None:
    document = Document(save("{}"))
    soon = NOW + timedelta(hours=3)

    assert soon == CONTEXT.collected_at(document, soon, "date")
    with pytest.raises(DocumentError, match="in the future"):
        CONTEXT.collected_at(document, NOW + timedelta(days=2), "date")
    with pytest.raises(DocumentError, match="before this format existed"):
        CONTEXT.collected_at(document, datetime(1970, 1, 1, tzinfo=UTC), "date")
    with pytest.raises(InputError, match="in the future"):
        detect.read_files([], ImportContext(now=NOW, on=date(2026, 5, 21)))


def test_reading_the_head_does_not_read_the_rest(save: Save) -> None:
    document = Document(save('{"first": 1, "rest": ["' + "x" * 600_000 + '"'))

    actual: Any = (document.keys, len(document.head))

    assert (frozenset({"first", "rest"}), 256 * 1024) == actual
