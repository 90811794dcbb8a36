"""The Jinja2 environment of the pages: what templates may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi
from jinja2 import Environment, StrictUndefined, pass_context

from securescore.present.action_columns import ALWAYS, DEFAULT, SHOWN
from securescore.present.action_facets import OPEN_STATUSES
from securescore.present.action_filter import GROUPS
from securescore.present.charts.zones import zone_icon
from securescore.present.remembered import remembered
from securescore.present.web import frame, notes, titles, words
from securescore.present.web.addresses import address
from securescore.present.web.history_model import RESOURCE_CAUSES
from securescore.present.web.risk_words import RISK_MOMENTS
from securescore.present.web.written import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.runtime import Context

N_FRAGMENTS = 20_000
"""Rows and the like, some 1 kB each."""
N_PARTS = 256
"""Whole lists, up to 100 kB each."""


@pass_context
def said(context: Context) -> list[dict[str, str]]:
    """Messages for the person, each once: ``text``, ``level``, and ``undo`` (a batch) if any.

    ``messages.success(request, text, extra_tags=f"undo:{batch}")`` offers the undo.
    """
    request = context.get("request")
    if request is None:
        return []
    return [
        {
            "text": str(message),
            "level": message.level_tag,
            "undo": (message.extra_tags or "").removeprefix("undo:"),
        }
        for message in get_messages(request)
    ]


@pass_context
def theme(context: Context) -> str:
    """The theme that the person chose, or ``system``."""
    request = context.get("request")
    chosen = request.COOKIES.get(frame.THEME_COOKIE, "") if request else ""
    return chosen if chosen in frame.THEMES else "system"


@pass_context
def shortcuts(context: Context) -> str:
    """``on`` or ``off``: whether single keys do something (WCAG 2.1.4)."""
    request = context.get("request")
    return "off" if request and request.COOKIES.get(frame.SHORTCUTS_COOKIE) == "off" else "on"


def fragments(env: Environment) -> Callable[..., SafeString]:
    """``fragment(answer, "fragments/x.html", slug=slug)``: a piece of a page about one object that
    the record answered, written once. All that it shows is ``answer`` and the values given: no
    person, no token of a form.
    """

    @remembered(N_FRAGMENTS)
    def written(
        answer: object, template: str, language: str | None, **values: object
    ) -> SafeString:
        del language  # of the thread; part of the key only
        text = env.get_template(template).render(answer=answer, **values)
        return SafeString(text)

    def fragment(answer: object, template: str, **values: object) -> SafeString:
        return written(answer, template, get_language(), **values)

    return fragment


def parts(env: Environment) -> Callable[..., Piece]:
    """``part(...)``: the same for a whole list, which is kept compressed too."""

    @remembered(N_PARTS)
    def written(answer: object, template: str, language: str | None, **values: object) -> Piece:
        del language  # of the thread; part of the key only
        return Piece(env.get_template(template).render(answer=answer, **values))

    def part(answer: object, template: str, **values: object) -> Piece:
        return written(answer, template, get_language(), **values)

    return part


def environment(**options: Any) -> Environment:
    """Django's Jinja2 backend calls this once."""
    options["undefined"] = StrictUndefined  # a misspelt name is an error, not an empty place
    env = Environment(**options)  # noqa: S701 - the backend sets autoescape
    env.globals.update(
        {
            "static": static,
            "url": address,
            "fragment": fragments(env),
            "part": parts(env),
            "theme": theme,
            "shortcuts": shortcuts,
            "shortcut_words": words.SHORTCUTS,
            "action_columns": lambda names: [SHOWN[name] for name in names],
            "optional_columns": [one for one in SHOWN.values() if one.name != ALWAYS],
            "default_columns": DEFAULT,
            "action_groups": GROUPS,
            "open_statuses": OPEN_STATUSES,
            "said": said,
            "themes": frame.THEMES,
            "language": lambda: get_language() or "en",
            "direction": lambda: "rtl" if get_language_bidi() else "ltr",
            "zone_icon": zone_icon,
            "zone_words": words.ZONES,
            "state_words": words.STATES,
            "cause_words": words.CAUSES,
            "resource_causes": RESOURCE_CAUSES,
            "risk_moments": RISK_MOMENTS,
            "short_statuses": words.SHORT_STATUSES,
            "scored_states": words.SCORED_STATES,
            "run_words": words.RUN_STATES,
            "job_words": words.JOB_KINDS,
        }
    )
    env.filters.update(
        {
            "percent": words.percent,
            "impact": words.impact,
            "pp": words.percentage_points,
            "exact_percent": words.exact_percent,
            "exact_pp": words.exact_pp,
            "signed_points": words.signed_points,
            "signed_exact": words.signed_exact,
            "iso_day": words.iso_day,
            "cell": words.cell,
            "capital": words.capital,
            "day": words.day,
            "moment": words.moment,
            "since": words.since,
            "paragraphs": words.paragraphs,
            "counted": words.counted,
            "source_title": titles.source_title,
            "product_title": titles.product_title,
            "framework_title": titles.framework_title,
            "framework_url": titles.framework_url,
            "as_sentence": words.as_sentence,
            "file_size": words.file_size,
            "markdown": notes.rendered,
        }
    )
    return env
