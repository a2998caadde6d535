"""Settings, from environment variables alone (docs/operations.md lists them); every one has a default."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ

from tracker import broker, secret_files, supervisor

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)
TESTING = "pytest" in sys.modules  # processes that a test starts run on real settings
# Whether the worker is silent is asked some minutes later (notifications/watching.py). A test says it where it matters.
STARTED_AT = datetime.max.replace(tzinfo=UTC) if TESTING else datetime.now(UTC)

# The site
PORT = env.int("PORT", 8000)
# A command typed beside a running register writes links to where that one serves, whatever port it found.
LAST_ADDRESS = "" if TESTING or "PORT" in env.ENVIRON else supervisor.last_address(VAR_DIR)
SITE_URL = env.str("SITE_URL", LAST_ADDRESS or f"http://127.0.0.1:{PORT}").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or secret_files.read_or_create(VAR_DIR / "secret-key", length=50)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname]
)
ROOT_URLCONF = "tracker.urls"
WSGI_APPLICATION = "tracker.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "tracker.desk.apps.DeskConfig",
    "tracker.desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "knox",
    "commitments.apps.CommitmentsConfig",
    "notifications.apps.NotificationsConfig",
]

MIDDLEWARE = [
    "tracker.middleware.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "tracker.middleware.RefuseNul",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tracker.middleware.RolesReadOnce",
    "tracker.middleware.Authored",
    "tracker.middleware.LocalTime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "tracker.desk.menu.desk",
            ],
        },
    },
]

# The database. ATOMIC_REQUESTS stays off: with IMMEDIATE every page view would take SQLite's only write lock.
TEST_DB_SUFFIX = env.str("TEST_DB_SUFFIX", "")
if env.str("DATABASE_URL", ""):
    DATABASE = env.db("DATABASE_URL")
else:
    DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "tracker.sqlite3"}
EMBEDDED = DATABASE["ENGINE"] == "django.db.backends.sqlite3"
if EMBEDDED:
    # A mail is marked "sending" before it leaves, and a power cut must not forget that: hence FULL.
    synchronous = "OFF" if TESTING else "FULL"
    DATABASE |= {
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,  # seconds
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};"
            "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
            "PRAGMA cache_size=-20000; PRAGMA mmap_size=268435456;"
            # What a large run writes goes to the end of the journal; sorting it in is not for each commit to wait for.
            "PRAGMA wal_autocheckpoint=8000; PRAGMA journal_size_limit=67108864;",
        },
        "TEST": {"NAME": str(VAR_DIR / f"test{TEST_DB_SUFFIX}.sqlite3")},  # in memory, threads would not wait
    }
else:
    # Django's own pool is left alone: under prefork it opens more connections than it saves.
    DATABASE |= {
        "CONN_MAX_AGE": 60,  # seconds
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": f"test_{DATABASE['NAME']}{TEST_DB_SUFFIX}"},
    }
    # Whoever stands still in the middle of writing, or whose machine is gone, holds the others up no longer than this.
    # Our queries are over before they would have been compiled, and nobody keeps a register on a spinning disk.
    options = "-c idle_in_transaction_session_timeout=5min -c jit=off -c random_page_cost=1.1"
    DATABASE.setdefault("OPTIONS", {}).setdefault("options", options)
DATABASES = {"default": DATABASE}

# People
AUTH_USER_MODEL = "commitments.User"
KNOX_TOKEN_MODEL = "commitments.ApiToken"
MIGRATION_MODULES = {"knox": None}  # they would make its own table of tokens beside ours
LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Safety. The proxy's X-Forwarded-Proto is gunicorn's business, which believes it from 127.0.0.1 only.
SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds, from signing in
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Languages and time. The clock is UTC; local days are worked out per country, never by the server.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "tracker" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Static files: straight from the packages, or hashed and compressed from where collectstatic put them.
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", "") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = TESTING  # no listing of all files for each test's client
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT and not TESTING
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Mail: by SMTP when EMAIL_URL says where, otherwise to files that the desk shows.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Commitment tracker <tracker@localhost>")
EMAIL_FILE_PATH = str(VAR_DIR / "outbox")
if env.str("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "notifications.outbox.FileOutbox"
EMAIL_TIMEOUT = 30  # seconds
# What becomes of a message whose answer was lost: verify, resend or hold; none: verify where there is evidence.
MAIL_UNCERTAIN = env.str("MAIL_UNCERTAIN", "")
RELAY_LOG = env.str("RELAY_LOG", "")  # a file, written as Postfix writes it
JOURNAL_URL = env.str(
    "JOURNAL_URL", ""
)  # imap+ssl://user:password@host/folder, into which the relay copies all

# Chat, where the optional package is installed (requirements-chat.txt). People give their own address: it leads to
# no service but these, and to no host of our own but these.
CHAT_SCHEMES = env.list(
    "CHAT_SCHEMES", default=["slack", "workflows", "webex", "mattermost", "rocket", "matrix"]
)
CHAT_HOSTS = env.list("CHAT_HOSTS", default=[])
# What comes back: mailboxes to read, separated by commas, and the key of relays that report returned mail.
MAILBOX_URLS = env.list("MAILBOX_URL", default=[])
BOUNCE_SECRET = env.str("BOUNCE_SECRET", "")

# Celery is a doorbell: the rows remember, so nothing here has to survive. Times in seconds.
REDIS_URL = env.str("REDIS_URL", "") or broker.embedded_url(VAR_DIR)
CELERY_BROKER_URL = "memory://" if TESTING else REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # far above the time limit, or a task would run twice
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "cft:",
    "socket_timeout": 2.5,  # without it a half-open connection hangs whoever rings; above the second of BRPOP
    "socket_connect_timeout": 2.5,
    "max_retries": 0,  # of whoever rings; workers and beat connect again by the settings below
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False  # the next tick does what a lost ring would have done
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 540, 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 1_000_000  # with refresh_connections() in tracker/celery.py
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "notifications.tasks.tick", "schedule": 30.0, "options": {"expires": 25}},
    "keep-in-step": {
        "task": "notifications.tasks.keep_in_step",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "read-words": {"task": "notifications.tasks.read_words", "schedule": 30.0, "options": {"expires": 25}},
    "reorganise": {
        "task": "notifications.tasks.reorganise",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "imports": {"task": "notifications.tasks.keep_imports", "schedule": 60.0, "options": {"expires": 55}},
}

if MAILBOX_URLS:
    CELERY_BEAT_SCHEDULE["read-mailboxes"] = {
        "task": "notifications.tasks.read_mailboxes",
        "schedule": 60.0,
        "options": {"expires": 55},
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secret_addresses": {"()": "tracker.secret_addresses.Shortened"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["secret_addresses"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {name: {"level": "INFO"} for name in ("tracker", "commitments", "notifications")},
}

# ---- REST interface -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "commitments.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "commitments.api.authentication.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["commitments.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tracker.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["commitments.api.filters.KnownFilters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would list choices that the caller may not see
    "EXCEPTION_HANDLER": "tracker.problems.handle",
    "URL_FORMAT_OVERRIDE": None,  # there is one format, and `format` is no name of a filter
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=90),
    "TOKEN_PREFIX": "cft_",  # so that a scanner for leaked secrets can tell what it found
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Commitment tracker",
    "DESCRIPTION": "What was declared, who owes it, by when, and who was told.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tracker.problems.describe",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CommitmentBasis": "commitments.models.Commitment.Basis",
        "CommitmentKind": "commitments.models.Commitment.Kind",
        "DeliveryState": "notifications.models.Delivery.State",
        "DocumentKind": "commitments.models.Document.Kind",
        "FollowUpBasis": "commitments.models.FollowUp.Basis",
        "FollowUpKind": "commitments.models.FollowUp.Kind",
        "ForumKind": "commitments.models.Forum.Kind",
        "MeetingState": "commitments.models.Meeting.State",
        "PartyKind": "commitments.models.Party.Kind",
        "ProgressReportState": "commitments.models.ProgressReport.State",
        "ReminderState": "notifications.models.Reminder.State",
        "RequestKind": "commitments.models.Request.Kind",
        "RequestState": "commitments.models.Request.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # None: asks no other host
}
# ---- end of the REST interface --------------------------------------------------------------------------
