"""How allauth behaves here: nobody signs up, and what concerns sign-in is written down.

Administrators make people, or an identity provider sends them: then a group has to give a role,
or somebody invited the address that the provider verified. An account is never found by an
address alone. Whoever comes from a provider signs in there only, so that whoever leaves there
is out here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.utils import timezone

from securescore.ops.group_roles import apply_groups, roles_of_groups
from securescore.ops.members import person_invited_by
from securescore.ops.sign_ins import write_factor, write_refusal, write_sign_in, write_sign_out
from securescore.organizations.access import organizations_of
from securescore.present.web.oidc import OidcProvider, is_answer_to

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.contrib.auth.models import User
    from django.forms import BaseForm
    from django.http import HttpRequest, HttpResponse

FACTORS = MappingProxyType(
    {
        "account/email/password_changed": "password.change",
        "account/email/password_set": "password.set",
        "mfa/email/totp_activated": "authenticator-app.add",
        "mfa/email/totp_deactivated": "authenticator-app.remove",
        "mfa/email/webauthn_added": "security-key.add",
        "mfa/email/webauthn_removed": "security-key.remove",
        "mfa/email/recovery_codes_generated": "recovery-codes.create",
    }
)
"""What allauth would send a mail about -> what the audit log calls it."""
SECOND_FACTOR = "second factor"
NOT_RIGHT = "The name or the password is not right."


def refused(request: HttpRequest, reason: str, provider: str) -> HttpResponse:
    """403: the page that says why somebody is not let in, and who can help."""
    return render(request, "not_let_in.html", {"reason": reason, "provider": provider}, status=403)


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """No open sign-up; sign-ins, refusals and changes of factors stand in the audit log."""

    error_messages = MappingProxyType(
        {
            **DefaultAccountAdapter.error_messages,
            "username_password_mismatch": NOT_RIGHT,
            "email_password_mismatch": NOT_RIGHT,
        }
    )

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse whoever belongs to an identity provider and does not come from there."""
        comes_from_provider = "sociallogin" in (kwargs.get("signal_kwargs") or {})
        if not comes_from_provider and not user.is_superuser:
            account = SocialAccount.objects.filter(user=user).first()
            if account is not None:
                write_refusal(
                    user.get_username(),
                    method="password or passkey",
                    reason="belongs to an identity provider",
                    now=timezone.now(),
                )
                return refused(request, "elsewhere", "")
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Everybody who signs in comes by here, whatever the way."""
        records = get_authentication_records(request, user)
        how = [
            str(r.get("provider") or r.get("type") or r["method"])
            for r in records
            if "reauthenticated" not in r
        ]
        write_sign_in(user.get_username(), method=", ".join(how), now=timezone.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password, or one of nobody."""
        name = str(credentials.get("username") or credentials.get("email") or "")
        write_refusal(name, method="password", reason="wrong password", now=timezone.now())
        super().authentication_failed(request, **credentials)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        write_refusal(
            user.get_username(), method="any", reason="the account is closed", now=timezone.now()
        )
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            write_sign_out(request.user.get_username(), now=timezone.now())
        super().logout(request)

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        """What would be a mail to the person is a line for the operators: no mail is sent."""
        if action := FACTORS.get(template_prefix):
            write_factor(user.get_username(), action, now=timezone.now())
        super().send_notification_mail(template_prefix, user, *args, **kwargs)


class _WritesDownWrongCodes:
    """A form of allauth that asks for a code: a wrong one is written down."""

    user: User

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc] # of allauth's form beside
        except ValidationError:
            write_refusal(
                self.user.get_username(),
                method=SECOND_FACTOR,
                reason="wrong code",
                now=timezone.now(),
            )
            raise
        return code


class AuthenticateCodeForm(_WritesDownWrongCodes, AuthenticateForm):  # type: ignore[misc] # allauth has no types
    """The second step of a sign-in."""


class ReauthenticateCodeForm(_WritesDownWrongCodes, ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """The confirmation before something that matters."""


class KeysAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Second factors."""

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's signature
        """What a new key is called unless the person names it."""
        n_held = Authenticator.objects.filter(user=user, type=type).count()
        return f"Key {n_held + 1}"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """People who come from an identity provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002 - allauth's signature
        """:meth:`pre_social_login` has decided already."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let somebody in, or answer with the page that says why not."""
        provider = sociallogin.provider.name
        is_oidc = isinstance(sociallogin.provider, OidcProvider)
        if is_oidc and not is_answer_to(request, sociallogin):
            self._refuse(request, sociallogin, "replayed")
        if sociallogin.state.get("process", "login") != "login":
            self._refuse(request, sociallogin, "replayed")
        groups = sociallogin.account.extra_data["groups"]
        address = _verified(sociallogin)
        if not sociallogin.is_existing and address:
            invited = person_invited_by(address)
            if invited is not None:
                sociallogin.connect(request, invited)
                _keep_address(invited, address)
        if sociallogin.is_existing:
            user = sociallogin.user
            if groups is not None and user.is_active:
                apply_groups(user, groups, provider=provider, now=timezone.now())
            is_let_in = user.is_superuser or organizations_of(user).exists()
        else:
            is_let_in = bool(groups) and bool(roles_of_groups(groups))
        if not is_let_in:
            self._refuse(request, sociallogin, "no role" if groups is not None else "too many")
        sociallogin.email_addresses = []  # kept in save_user, where nobody else verified it
        sociallogin.state["address"] = address

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """A new person: a user name without a domain, an address only once it is verified."""
        name = str(data.get("username") or "").partition("@")[0]
        user: User = super().populate_user(request, sociallogin, {**data, "username": name})
        user.email = ""
        return user

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None
    ) -> User:
        user: User = super().save_user(request, sociallogin, form)
        if address := sociallogin.state.get("address"):
            _keep_address(user, address)
        apply_groups(
            user,
            sociallogin.account.extra_data["groups"],
            provider=sociallogin.provider.name,
            now=timezone.now(),
        )
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """An answer that does not hold. What comes without a sign-in of ours is not kept."""
        reason = f"{type(exception).__name__}: {exception}" if exception is not None else ""
        of_saml = extra_context or {}
        if "saml_errors" in of_saml and statekit.unstash_last_state(  # once for each that began
            request, provider_id=provider.sub_id
        ):
            reason = str(of_saml["saml_last_error_reason"] or "the answer is damaged")
        if reason:
            write_refusal("", method=provider.name, reason=reason[:200], now=timezone.now())
        super().on_authentication_error(request, provider, error, exception, extra_context)

    def _refuse(self, request: HttpRequest, sociallogin: SocialLogin, reason: str) -> None:
        user = sociallogin.user if sociallogin.is_existing else None
        provider = sociallogin.provider.name
        write_refusal(
            user.get_username() if user else "", method=provider, reason=reason, now=timezone.now()
        )
        raise ImmediateHttpResponse(refused(request, reason, provider))


def _verified(sociallogin: SocialLogin) -> str:
    """The address that the provider says it verified; empty where it says nothing."""
    return next((a.email for a in sociallogin.email_addresses if a.verified is True), "")


def _keep_address(user: User, address: str) -> None:
    """Note a verified address, unless somebody else has it verified already."""
    others = EmailAddress.objects.filter(email__iexact=address, verified=True).exclude(user=user)
    if others.exists():
        return
    EmailAddress.objects.update_or_create(
        user=user, email=address.lower(), defaults={"verified": True, "primary": True}
    )
    if user.email.lower() != address.lower():
        user.email = address
        user.save(update_fields=["email"])
