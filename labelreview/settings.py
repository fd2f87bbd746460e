"""Django's settings, every one of them from the environment (docs/settings.md lists the variables)."""

import secrets
from datetime import timedelta

from celery.schedules import schedule

from labelreview.environment import RedisAddress, django_database, flag, number, text, words
from labelreview.local import places

PLACES = places.from_environment()
BASE_DIR = places.PROJECT

# ------------------------------------------------------------------------------------------------ the process

DEBUG = flag("DEBUG")
# Behind a TLS-terminating proxy: cookies go over HTTPS only, and its X-Forwarded-Proto is trusted.
TLS = flag("TLS")
PORT = number("PORT", 8000)


def _secret_key() -> str:
    """SECRET_KEY, else the supervisor's file, else one for this process alone (checks, schema)."""
    if given := text("SECRET_KEY"):
        return given
    try:
        return PLACES.secret_key.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_urlsafe(50)


SECRET_KEY = _secret_key()
# This machine's own names are always among them: the health checks come by them.
ALLOWED_HOSTS = [*words("ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "reviews",
    "detection",
    "labelreview",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "labelreview.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "labelreview.middleware.upload_limit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "labelreview.urls"
WSGI_APPLICATION = "labelreview.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False

# ------------------------------------------------------------------------------------------------ services

DATABASES = {"default": django_database(text("DATABASE_URL", PLACES.database_url))}
# Statements that come again are prepared: planning them anew is half of what a decision costs the server.
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 1}
# A pool belongs to the web process alone: its connections must not be shared with forked Celery children.
if pool_size := number("DATABASE_POOL_SIZE", 0):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}

REDIS = RedisAddress(text("REDIS_URL", PLACES.redis_url))
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS.cache},
    # What each process may know for itself for some seconds, without asking another one.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# ------------------------------------------------------------------------------------------------ files

STORAGE_URL = text("STORAGE_URL", PLACES.media.as_uri())
MAX_UPLOAD_BYTES = number("MAX_UPLOAD_MB", 2048) * 1024 * 1024
MAX_IMAGE_PIXELS = number("MAX_IMAGE_MEGAPIXELS", 80) * 1_000_000
MAX_ARCHIVE_ENTRIES = number("MAX_ARCHIVE_ENTRIES", 300_000)
MAX_ARCHIVE_FILE_BYTES = number("MAX_ARCHIVE_FILE_MB", 256) * 1024 * 1024
MAX_ARCHIVE_BYTES = number("MAX_ARCHIVE_GB", 32) * 1024**3
# Embedders that runs may use: what whoever runs the server puts there, and what the server may fetch.
MODELS = text("LABELREVIEW_MODELS", str(PLACES.models))
DOWNLOAD_MODELS = flag("DOWNLOAD_MODELS")
# A request's body beside its files; above it Django answers 413 before a view runs.
DATA_UPLOAD_MAX_MEMORY_SIZE = number("MAX_BODY_MB", 10) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

STATIC_URL = "/static/"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
WHITENOISE_ROOT = FRONTEND_DIST
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Vite puts the content's hash into the names of everything under assets/.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/"

# ------------------------------------------------------------------------------------------------ security

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["labelreview.sessions.Backend"]
SESSION_ENGINE = "labelreview.sessions"
SESSION_COOKIE_AGE = timedelta(days=14) // timedelta(seconds=1)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
# Copies on other ports of one host share its cookies: names of their own keep sessions apart.
SESSION_COOKIE_NAME = "sessionid" if PORT == 8000 else f"sessionid_{PORT}"
# The token travels in the body of GET /api/session/, so no script needs to read the cookie.
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_NAME = "csrftoken" if PORT == 8000 else f"csrftoken_{PORT}"
CSRF_FAILURE_VIEW = "labelreview.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_HSTS_SECONDS = timedelta(days=365) // timedelta(seconds=1) if TLS else 0
X_FRAME_OPTIONS = "DENY"

# ------------------------------------------------------------------------------------------------ API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one's challenge makes the answer to a stranger 401 rather than 403.
        "reviews.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["labelreview.encoding.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["labelreview.encoding.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "labelreview.encoding.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "labelreview.errors.answer",
    "DEFAULT_THROTTLE_RATES": {"login": text("LOGIN_RATE", "10/min"), "sign": text("SIGN_RATE", "10/min")},
    # X-Forwarded-For is believed only as far as this many proxies of ours.
    "NUM_PROXIES": number("PROXIES", 0),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token", "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "LabelReview",
    "DESCRIPTION": "Find wrong labels, repair them with a second person's sign-off, take back a new version.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "OAS_VERSION": "3.1.1",
    # Enumerations are components already where they are answered (reviews/api/schema.py).
    "POSTPROCESSING_HOOKS": [],
    "PATH_CONVERTER_OVERRIDES": {"id": int},
}

# ------------------------------------------------------------------------------------------------ review

# How long a flag stays with whoever the queue gave it to.
LEASE_SECONDS = number("LEASE_SECONDS", 600)

# ------------------------------------------------------------------------------------------------ tasks

# A detection run of more items than these is cut into tasks of so many; one task is quicker for fewer.
RUN_PIECE_ITEMS = number("RUN_PIECE_ITEMS", 5000)
# The longest that one task may run. The broker hands a task out again when it was not finished after
# the visibility timeout, so that one must be the longer of the two.
CELERY_TASK_TIME_LIMIT = number("TASK_TIME_LIMIT", 3600)
CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT - 30
CELERY_BROKER_URL = REDIS.broker
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 60,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 10,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_RESULT_BACKEND = REDIS.results
CELERY_RESULT_EXPIRES = 3600
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TRACK_STARTED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "seal the audit chain": {"task": "reviews.seal", "schedule": schedule(5), "options": {"expires": 5}},
    "recover dead imports": {"task": "reviews.sweep", "schedule": schedule(60), "options": {"expires": 60}},
    "recover dead runs": {"task": "detection.sweep", "schedule": schedule(60), "options": {"expires": 60}},
    "forget expired sessions": {"task": "labelreview.clear_sessions", "schedule": schedule(3600)},
}

# ------------------------------------------------------------------------------------------------ log

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": text("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}
