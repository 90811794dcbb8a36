"""Settings, comparison: with whom the organization compares itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from securescore.core.cohort import MAX_SEATS, MIN_ORGANIZATIONS, CohortFilter
from securescore.core.errors import InputError
from securescore.ops.comparing import (
    NAME_LENGTH,
    add_comparison,
    change_comparison,
    comparison_of,
    n_compared,
    remove_comparison,
)
from securescore.organizations.access import Access
from securescore.organizations.traits import known_traits
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.settings_pages import settings_access, settings_page

if TYPE_CHECKING:
    from securescore.record.models import CustomComparison

HERE = "settings_comparison"
UNPROCESSABLE = 422


class ComparisonForm(forms.Form):
    """A name and filters over the other organizations of this installation."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH)
    seats_min = forms.IntegerField(
        label="Seats from", min_value=0, max_value=MAX_SEATS, required=False
    )
    seats_max = forms.IntegerField(
        label="Seats to", min_value=0, max_value=MAX_SEATS, required=False
    )
    industries = forms.MultipleChoiceField(label="Industries", required=False)
    regions = forms.MultipleChoiceField(label="Regions", required=False)
    licenses = forms.MultipleChoiceField(label="Licenses", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        traits = known_traits()
        for name in ("industries", "regions", "licenses"):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
            # What was chosen once and nobody has any more stays choosable.
            kept = self.initial.get(name, ())
            field.choices = [(v, v) for v in sorted({*getattr(traits, name), *kept})]

    def clean(self) -> dict[str, Any]:
        """The seats are in order."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("seats_min"), cleaned.get("seats_max")
        if low is not None and high is not None and low > high:
            self.add_error("seats_max", "The second number of seats is smaller than the first.")
        return cleaned

    @property
    def filters(self) -> CohortFilter:
        """The filters of a valid form."""
        given = self.cleaned_data
        return CohortFilter(
            seats_min=given["seats_min"],
            seats_max=given["seats_max"],
            industries=frozenset(given["industries"]),
            regions=frozenset(given["regions"]),
            licenses=frozenset(given["licenses"]),
        )


def in_words(filters: CohortFilter) -> str:
    """What a comparison asks for, as a person says it.

    >>> in_words(CohortFilter(seats_min=100, industries=frozenset({"Law"})))
    'from 100 seats; Law'
    """
    parts = []
    if filters.seats_min is not None and filters.seats_max is not None:
        parts.append(f"{filters.seats_min:,} to {filters.seats_max:,} seats")
    elif filters.seats_min is not None:
        parts.append(f"from {filters.seats_min:,} seats")
    elif filters.seats_max is not None:
        parts.append(f"up to {filters.seats_max:,} seats")
    parts += [
        " or ".join(sorted(chosen))
        for chosen in (filters.industries, filters.regions, filters.licenses)
        if chosen
    ]
    return "; ".join(parts) or "every other organization"


@login_required
@require_http_methods(["GET", "POST"])
def comparisons(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/comparison/``: the list, and the form of a new one. With
    ``preview`` among the values the form is looked at and not saved.
    """
    access = settings_access(request, slug)
    return _form(request, access, None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str, comparison: uuid.UUID) -> HttpResponse:
    """``/o/{slug}/settings/comparison/{id}/``: one comparison."""
    access = settings_access(request, slug)
    return _form(request, access, comparison_of(access, comparison))


@login_required
@require_POST
def delete(request: HttpRequest, slug: str, comparison: uuid.UUID) -> HttpResponse:
    """``/o/{slug}/settings/comparison/{id}/delete/``."""
    access = settings_access(request, slug)
    name = remove_comparison(access, comparison, now=timezone.now())
    messages.success(request, f"The comparison “{name}” is deleted.")
    return redirect(HERE, slug=slug)


def _form(request: HttpRequest, access: Access, own: CustomComparison | None) -> HttpResponse:
    initial: dict[str, Any] = {}
    if own is not None:
        filters = CohortFilter.from_json(own.filters)
        initial = {"name": own.name, **filters.to_json()}
    is_preview = "preview" in request.POST
    form = ComparisonForm(request.POST if request.method == "POST" else None, initial=initial)
    form.fields["name"].required = not is_preview
    status, held = 200, None
    if form.is_bound:
        if not form.is_valid():
            status = UNPROCESSABLE
        elif is_preview:
            held = n_compared(access.organization, form.filters)
        else:
            try:
                _save(access, own, form)
            except InputError as error:
                form.add_error("name" if error.where == "name" else None, error.message)
                status = UNPROCESSABLE
            else:
                messages.success(request, "The comparison is saved.")
                return redirect(HERE, slug=access.organization.slug)
    form.fields["name"].required = True  # only the preview does without
    return settings_page(
        request,
        access,
        HERE,
        "settings_comparison.html",
        {
            "form": form,
            "own": own,
            "is_preview": is_preview and status != UNPROCESSABLE,
            "held": held,
            "minimum": MIN_ORGANIZATIONS,
            "rows": [] if own is not None else _rows(access),
        },
        status=status,
    )


def _save(access: Access, own: CustomComparison | None, form: ComparisonForm) -> None:
    name, now = form.cleaned_data["name"], timezone.now()
    if own is None:
        add_comparison(access, name, form.filters, now=now)
    else:
        change_comparison(access, own.pk, name, form.filters, now=now)


def _rows(access: Access) -> list[tuple[object, str]]:
    organization = access.organization
    today = words.local(timezone.now(), organization.time_zone).date()
    rows = answers().custom_comparisons(organization, today)
    return [(row, in_words(row.filters)) for row in rows]
