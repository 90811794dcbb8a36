"""Django's settings. What may be set from outside is listed in :mod:`.home` and below.

``SECURESCORE_ALLOWED_HOSTS``  names this server answers to, comma separated (default: loopback)
``SECURESCORE_PUBLIC_URL``     the address people type; ``https://`` turns on secure cookies, HSTS
                               and trust in the proxy's ``X-Forwarded-Proto``
``SECURESCORE_CONN_MAX_AGE``   seconds a database connection is kept (default 600)
``SECURESCORE_API_THROTTLE``   ``0`` lifts the limits of requests for each API token
``SECURESCORE_PROCESSES``      processes that long work may take (default: the cores)
``SECURESCORE_MAX_UPLOAD_MB``  largest upload of one import in MiB (default 1024)
``SECURESCORE_DEBUG``          ``1`` shows traces to everyone: for developers only, off by default

Identity providers (``SECURESCORE_OIDC_*``, ``SECURESCORE_SAML_*``): :mod:`.identity_providers`.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from securescore.project.home import database, home_folder, secret_key
from securescore.project.identity_providers import social_providers

PACKAGE = Path(__file__).resolve().parent.parent
WEB = PACKAGE / "present" / "web"

SECURESCORE_HOME = home_folder()
SECRET_KEY = secret_key(SECURESCORE_HOME)
DEBUG = os.environ.get("SECURESCORE_DEBUG") == "1"
PUBLIC_URL = os.environ.get("SECURESCORE_PUBLIC_URL", "").rstrip("/")
ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("SECURESCORE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
BEHIND_TLS = PUBLIC_URL.startswith("https://")

# The module that answers the pages' questions: the record. Tests of the pages alone name another.
SECURESCORE_ANSWERS = "securescore.record.query"
# The function that knows every table of every source, for names and permissions on pages.
SECURESCORE_TABLES = "securescore.sources.all_tables"
# The function that writes a recorded day as the Graph-compatible API answers it.
SECURESCORE_DAY_ENCODER = "securescore.present.graph_api.encode.day_document"
# What gathers the static files before the server starts.
SECURESCORE_PREPARE_STATIC = "securescore.project.static.prepare"
SECURESCORE_API_THROTTLE = os.environ.get("SECURESCORE_API_THROTTLE", "1") != "0"

SECURESCORE_PROCESSES = int(os.environ.get("SECURESCORE_PROCESSES", os.cpu_count() or 1))

# How much one import may upload, in MiB; everywhere else a file has to fit into memory.
SECURESCORE_MAX_UPLOAD_MB = int(os.environ.get("SECURESCORE_MAX_UPLOAD_MB", "1024"))
DATA_UPLOAD_MAX_NUMBER_FILES = 200  # of one import
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "securescore.present.uploads.RefuseLargeFiles",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "securescore.organizations.apps.OrganizationsConfig",
    "securescore.record.apps.RecordConfig",
]

MIDDLEWARE = [
    "securescore.present.graph_api.middleware.GraphErrorsMiddleware",
    "securescore.present.rest_api.middleware.ApiErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # the only secret in a page is the masked CSRF token
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "securescore.record.middleware.OneRevisionMiddleware",
    "securescore.present.web.middleware.PagesMiddleware",
]

ROOT_URLCONF = "securescore.project.urls"
WSGI_APPLICATION = "securescore.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "securescore.present.web.jinja.environment",
            "autoescape": True,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "auto_reload": DEBUG,
        },
    },
    {
        # What allauth says in passing is a template of Django's kind; its pages are ours, above.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "allauth_templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": database(
        os.environ.get("SECURESCORE_DATABASE_URL", ""),
        SECURESCORE_HOME,
        conn_max_age_s=int(os.environ.get("SECURESCORE_CONN_MAX_AGE", "600")),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = SECURESCORE_HOME / "static"
STATICFILES_DIRS = [WEB / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# People ------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "securescore.present.web.adapter.ClosedAccountAdapter"
SOCIALACCOUNT_ADAPTER = "securescore.present.web.adapter.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = social_providers(SECURESCORE_HOME, os.environ)
if "saml" in SOCIALACCOUNT_PROVIDERS:
    INSTALLED_APPS.append("allauth.socialaccount.providers.saml")
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address alone is no proof of being somebody
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "securescore.present.web.adapter.KeysAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # no mail is sent here: administrators vouch for people
MFA_FORMS = {
    "authenticate": "securescore.present.web.adapter.AuthenticateCodeForm",
    "reauthenticate": "securescore.present.web.adapter.ReauthenticateCodeForm",
}
MFA_TOTP_ISSUER = "Open Secure Score"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# The browser -------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'none'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "securescore_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "securescore_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
if BEHIND_TLS:
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # tries are counted by the address behind the proxy
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "securescore.present.web.errors.csrf_failed"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "securescore": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "ERROR"},
    },
}
