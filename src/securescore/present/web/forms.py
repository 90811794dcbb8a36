"""The forms of the first run."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError

MAX_SEATS = 10_000_000


class AdministratorForm(forms.Form):
    """Step 1: the one-time code and the first administrator."""

    code = forms.CharField(label="One-time code", max_length=40)
    username = forms.CharField(label="User name", max_length=150)
    email = forms.EmailField(label="E-mail", required=False)
    password = forms.CharField(label="Password", widget=forms.PasswordInput, strip=False)

    def clean_username(self) -> str:
        """A name as Django's user model takes it."""
        name = str(self.cleaned_data["username"])
        field = get_user_model()._meta.get_field("username")  # noqa: SLF001 - Django's documented API
        field.run_validators(name)
        return name

    def clean(self) -> dict[str, object]:
        """The password against the rules of the settings: twelve characters at least."""
        cleaned = super().clean() or {}
        password = cleaned.get("password")
        if password:
            person = get_user_model()(
                username=cleaned.get("username", ""), email=cleaned.get("email", "")
            )
            try:
                password_validation.validate_password(str(password), person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class OrganizationForm(forms.Form):
    """Step 2: the organization."""

    name = forms.CharField(label="Name", max_length=200)
    time_zone = forms.CharField(label="Time zone", initial="UTC", max_length=64)
    seats = forms.IntegerField(label="Seats", required=False, min_value=1, max_value=MAX_SEATS)
    industry = forms.CharField(label="Industry", required=False, max_length=120)

    def clean_time_zone(self) -> str:
        """A name of the time zone database."""
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            msg = "There is no such time zone. Write a name such as Europe/Berlin."
            raise ValidationError(msg)
        return zone
