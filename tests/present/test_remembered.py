"""What is made of an answer is made once, and never given for another answer."""

from __future__ import annotations

from securescore.present.remembered import remembered


def test_the_same_answer_and_values_are_asked_once() -> None:
    asked: list[tuple[object, str]] = []

    @remembered(8)
    def make(answer: list[int], name: str) -> str:
        asked.append((answer, name))
        return f"{name}{sum(answer)}"

    answer = [1, 2]
    found = [make(answer, "a"), make(answer, "a"), make(answer, "b")]

    assert found == ["a3", "a3", "b3"]
    assert len(asked) == 2


def test_an_equal_answer_is_another_one() -> None:
    n_asked = 0

    @remembered(8)
    def make(answer: tuple[int, ...]) -> int:
        nonlocal n_asked
        n_asked += 1
        return sum(answer)

    for _ in range(3):
        make(tuple([1, 2]))  # noqa: C409 - a new object each time

    assert n_asked == 3


def test_the_second_answer_counts_too_where_there_are_two() -> None:
    @remembered(8, answers=2)
    def make(one: list[int], other: list[int], *, factor: int) -> int:
        return factor * (sum(one) + sum(other))

    one, other, third = [1], [2], [3]

    assert [
        make(one, other, factor=2),
        make(one, third, factor=2),
        make(one, other, factor=3),
    ] == [6, 8, 9]


def test_what_was_not_asked_for_longest_goes_first() -> None:
    asked: list[int] = []

    @remembered(2)
    def make(answer: tuple[int, ...], number: int) -> int:
        asked.append(number)
        return number

    answer = (0,)
    for number in (1, 2, 1, 3, 1, 2):
        make(answer, number)

    assert asked == [1, 2, 3, 2]
