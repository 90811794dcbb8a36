"""Hypothesis strategies over the values of the core."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from securescore.core.control import Category, Control, Scoring
from securescore.core.outcome import points_of_counts
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.status import ATTESTED, Decision, Status

NOW = datetime(2026, 5, 1, 6, tzinfo=UTC)


@st.composite
def controls(draw: st.DrawFn, control_id: str = "c") -> Control:
    return Control(
        id=control_id,
        version=1,
        title="t",
        category=draw(st.sampled_from(Category)),
        product="entra",
        max_score=Points.whole(draw(st.integers(1, 10))),
        scoring=draw(st.sampled_from(Scoring)),
    )


@st.composite
def results(draw: st.DrawFn, control_id: str = "c") -> ControlResult:
    control = draw(controls(control_id))
    state = draw(st.sampled_from(State))
    licensed = draw(st.sampled_from([True, False, None]))
    if state not in (State.MEASURED, State.STALE):
        return ControlResult(control, state, has_license=licensed)
    n_total = draw(st.integers(0, 60))
    n_passed = draw(st.integers(0, n_total))
    assert control.max_score is not None
    points = points_of_counts(n_passed, n_total, control.max_score, control.scoring)
    return ControlResult(control, state, points, n_passed, n_total, has_license=licensed)


@st.composite
def decisions(draw: st.DrawFn, control_id: str = "c") -> Decision:
    status = draw(st.sampled_from([s for s in Status if s is not Status.COMPLETED]))
    needs_note = status in ATTESTED or status is Status.RISK_ACCEPTED
    return Decision(
        control_id,
        status,
        NOW,
        "ana",
        note="because" if needs_note else "",
        review_on=date(2026, 9, 1) if status is Status.RISK_ACCEPTED else None,
    )


@st.composite
def organizations(draw: st.DrawFn) -> tuple[list[ControlResult], dict[str, Decision]]:
    ids = [f"c{number}" for number in range(draw(st.integers(0, 8)))]
    found = [draw(results(control_id)) for control_id in ids]
    made = {i: draw(decisions(i)) for i in ids if draw(st.booleans())}
    return found, made
