"""Settings, read from the environment: safe by default, and the demo needs none of them.

ANGELSHARE_WORKSPACE   folder for the database, the secret and captured e-mail; nothing is written outside it
ANGELSHARE_SECRET_KEY  secret of a deployment; else one is made and kept in the workspace
ANGELSHARE_OLD_KEYS    earlier secrets, separated by commas, while sessions signed with them live out
ANGELSHARE_HOSTS       host names served, separated by commas; else loopback only
ANGELSHARE_ORIGIN      https origin of a deployment, e.g. https://workbench.example
DATABASE_URL           PostgreSQL; else SQLite in the workspace
EMAIL_URL              smtp://user:password@host:port (smtps: TLS from the first byte; smtp: STARTTLS); else e-mail is
                       kept as files in the workspace
ANGELSHARE_FROM        sender of e-mail
ANGELSHARE_PROXIES     how many proxies stand in front and write X-Forwarded-For and X-Forwarded-Proto; else 0
ANGELSHARE_WEBHOOK_NETWORKS  private networks that webhooks may reach, e.g. 127.0.0.0/8,10.1.0.0/16; else none
ANGELSHARE_STATIC      "collected" where `angelshare serve` gathered the static files under hashed names
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from angelshare.workbench import environment
from angelshare.workbench.mailing import smtp_settings
from angelshare.workbench.secret import kept_secret

WORKSPACE = Path(os.environ.get("ANGELSHARE_WORKSPACE", "workbench")).resolve()
ORIGIN = environment.origin(os.environ.get("ANGELSHARE_ORIGIN", ""))
DEPLOYED = bool(ORIGIN)

# without a workspace (a type checker, a script that only reads the models) nothing is written, not even a secret
SECRET_KEY = os.environ.get("ANGELSHARE_SECRET_KEY") or (
    kept_secret(WORKSPACE) if "ANGELSHARE_WORKSPACE" in os.environ else secrets.token_urlsafe(48)
)
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("ANGELSHARE_OLD_KEYS", "").split(",") if key]
DEBUG = False
ALLOWED_HOSTS = [host for host in os.environ.get("ANGELSHARE_HOSTS", "").split(",") if host] or [
    "127.0.0.1", "localhost", "[::1]",
]  # fmt: skip

INSTALLED_APPS = [
    "angelshare.workbench.apps.WorkbenchConfig",  # first: its templates stand before those of allauth
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "angelshare.workbench.bodies.BodyMiddleware",  # before anything reads a body
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "angelshare.workbench.gates.GateMiddleware",
    "angelshare.workbench.api_door.ApiMiddleware",
]
ROOT_URLCONF = "angelshare.workbench.urls"
WSGI_APPLICATION = "angelshare.workbench.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
    "default": environment.database(os.environ.get("DATABASE_URL") or f"sqlite:///{WORKSPACE / 'workbench.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # writers queue instead of failing, and readers never wait for them
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }

CACHES = {
    # what allauth counts sign-ins in: shared by the server's processes, and kept over a restart
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "workbench_cache"}
}

AUTH_USER_MODEL = "workbench.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_SIGNUP_FORM_CLASS = "angelshare.workbench.forms_accounts.SignupForm"
ACCOUNT_ADAPTER = "angelshare.workbench.adapters.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if DEPLOYED else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[angelshare] "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "10/h/ip",
    "reset_password": "10/h/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/180s/key",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "angelshare.workbench.adapters.MfaAdapter"
MFA_TOTP_ISSUER = "angelshare workbench"
ALLAUTH_TRUSTED_PROXY_COUNT = environment.proxies(os.environ.get("ANGELSHARE_PROXIES", ""))

EMAIL_URL = os.environ.get("EMAIL_URL", "")
EMAIL_FILE_PATH = str(WORKSPACE / "mail")
EMAIL_TIMEOUT = 20
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    SMTP = smtp_settings(EMAIL_URL)
    EMAIL_HOST, EMAIL_PORT = SMTP.host, SMTP.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP.user, SMTP.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = SMTP.ssl, not SMTP.ssl
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("ANGELSHARE_FROM", "workbench@localhost")

WEBHOOK_NETWORKS = environment.networks(os.environ.get("ANGELSHARE_WEBHOOK_NETWORKS", ""))

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
COLLECTED = os.environ.get("ANGELSHARE_STATIC") == "collected"
STATIC_ROOT = str(WORKSPACE / "static") if COLLECTED else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
if DEPLOYED:  # the prefix has browsers refuse the cookie from another host or without https
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = DEPLOYED
CSRF_COOKIE_SECURE = DEPLOYED
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []
SECURE_SSL_REDIRECT = DEPLOYED
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if DEPLOYED else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = DEPLOYED
SECURE_HSTS_PRELOAD = DEPLOYED
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
FILE_UPLOAD_TEMP_DIR = str(WORKSPACE / "uploads") if (WORKSPACE / "uploads").is_dir() else None
FILE_UPLOAD_PERMISSIONS = 0o600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_secrets": {"()": "angelshare.workbench.logs.NoSecrets"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_secrets"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "WARNING"},
        "angelshare": {"level": "INFO"},
    },
}
