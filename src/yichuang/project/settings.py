"""Django settings for every mode (demo, production, test); `environment` reads the choices."""

import sys
from pathlib import Path

from yichuang.project import environment, sqlite

sqlite.swap()  # before Django loads a database backend

CHECKOUT = Path(__file__).resolve().parents[3]
MODE = environment.mode()
HOME = environment.home(CHECKOUT)
HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
DEMO = MODE == "demo"
PRODUCTION = MODE == "production"
_generate = not PRODUCTION

DEBUG = environment.text("YICHUANG_DEBUG") == "1"
SECRET_KEY = environment.secret("SECRET_KEY", of=HOME, generate=_generate)
# Field encryption and the blind index have keys of their own: losing one must not lose the other.
FIELD_KEY = environment.secret("YICHUANG_FIELD_KEY", of=HOME, generate=_generate)
INDEX_KEY = environment.secret("YICHUANG_INDEX_KEY", of=HOME, generate=_generate)
SECRET_KEY_FALLBACKS = environment.names("SECRET_KEY_FALLBACKS")

# Where people reach this site from outside: papers carry it in their QR codes.
PUBLIC_URL = environment.text(
    "YICHUANG_PUBLIC_URL", f"http://127.0.0.1:{environment.text('PORT', '8000')}"
).rstrip("/")
ALLOWED_HOSTS = environment.names("YICHUANG_HOSTS") or (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PRODUCTION else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "django_q",
    "yichuang.clock",
    "yichuang.journal",
    "yichuang.files",
    "yichuang.places",
    "yichuang.accounts",
    "yichuang.messages",
    "yichuang.catalogue",
    "yichuang.authority",
    "yichuang.documents",
    "yichuang.licences",
    "yichuang.blanks",
    "yichuang.cases",
    "yichuang.oversight",
    "yichuang.design",
    "yichuang.faces.portal",
    "yichuang.faces.window",
    "yichuang.faces.desk",
    "yichuang.faces.counterparty",
    "yichuang.faces.cockpit",
    "yichuang.faces.library",
    "yichuang.faces.custody",
    "yichuang.faces.powers",
    "yichuang.faces.api",
    "yichuang.faces.operations",
]

MIDDLEWARE = [
    "yichuang.faces.operations.middleware.reference",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "yichuang.faces.operations.middleware.fit_to_read",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yichuang.faces.operations.middleware.Refusals",
]

ROOT_URLCONF = "yichuang.project.urls"
WSGI_APPLICATION = "yichuang.project.wsgi.application"
ASGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yichuang.design.context.page",
            ],
        },
    }
]

DATABASES = {"default": environment.database(environment.text("DATABASE_URL"), of=HOME)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    sqlite.refuse_faulty(sys.modules["sqlite3"].sqlite_version_info)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [Path(__file__).parent / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = MODE == "test"
WHITENOISE_AUTOREFRESH = False

# Who sends text messages: a gateway's address and token (messages.providers.gateway says what it
# must answer), or the dotted path of a Provider class. Demo and test print them.
SMS_GATEWAY = environment.endpoint("YICHUANG_SMS_GATEWAY")
SMS_TOKEN = environment.text("YICHUANG_SMS_TOKEN")
SMS_PROVIDER = environment.text("YICHUANG_SMS_PROVIDER")
# Text messages that can wait do so in these hours (our choice). A console wakes nobody.
QUIET_HOURS = environment.quiet_hours("YICHUANG_SMS_QUIET", "22:00-07:00" if PRODUCTION else "")
EMAIL_HOST = environment.text("YICHUANG_EMAIL_HOST")
EMAIL_PORT = int(environment.text("YICHUANG_EMAIL_PORT", "465"))
EMAIL_HOST_USER = environment.text("YICHUANG_EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("YICHUANG_EMAIL_PASSWORD")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("YICHUANG_EMAIL_FROM", "yichuang@localhost")
# Who carries results that are mailed (cases.couriers_http says what it must answer), or the dotted
# path of a Courier class. The demo's is simulated; without one, waybills are typed by hand.
COURIER_URL = environment.endpoint("YICHUANG_COURIER_URL")
COURIER_NAME = environment.text("YICHUANG_COURIER_NAME", "寄递企业")[:40]
COURIER_TOKEN = environment.text("YICHUANG_COURIER_TOKEN")
COURIER_PROVIDER = environment.text("YICHUANG_COURIER_PROVIDER")
# The secret a courier signs its own messages with; without one none is taken.
COURIER_SECRET = environment.text("YICHUANG_COURIER_SECRET")
# After so many working days without arriving, a result becomes a person's task (our choice).
UNDELIVERED_DAYS = int(environment.text("YICHUANG_UNDELIVERED_DAYS", "5"))
# The card reader's service on each clerk's own machine (yichuang demo-reader plays one); the intake
# page, and no other, is let to ask it.
ID_READER_URL = environment.loopback("YICHUANG_ID_READER_URL")
# Who holds the keys of the seals, what they sign with, and who states the time of a signature
# (documents/signing/README.md says what each takes).
SEAL_KEYS = environment.seal_keys("YICHUANG_SEAL_KEYS")
SEAL_PIN = environment.text("YICHUANG_SEAL_PIN")
SEAL_TOKEN = environment.text("YICHUANG_SEAL_TOKEN")
SEAL_ALGORITHM = environment.one_of(
    "YICHUANG_SEAL_ALGORITHM", ("ecdsa-p256-sha256", "sm2-sm3")
)
TSA_URL, TSA_CERTIFICATES = environment.timestamps("YICHUANG_TSA_URL", "YICHUANG_TSA_CERTIFICATES")
# Shown where a person may call: the county's own number.
PUBLIC_PHONE = environment.text("YICHUANG_PUBLIC_PHONE")

FILES_ROOT = HOME / "files"
HEADS_ROOT = HOME / "heads"
# Other bodies' witnesses of the journal (docs/journal-format.md), by the name of their co-signatures;
# the public key of each is put into WITNESS_KEYS/<name>.pem by hand.
WITNESSES = environment.witnesses("YICHUANG_WITNESSES", loopback=not PRODUCTION)
WITNESS_KEYS = HOME / "witnesses"
# Without a co-signature for so many hours nothing is sealed any more; 0: silence blocks nothing.
WITNESS_REQUIRED_HOURS = environment.witness_hours("YICHUANG_WITNESS_REQUIRED_HOURS", WITNESSES)
OUTBOX_ROOT = HOME / "outbox"
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
# The largest request of all: a file and its form. At the window many files may come with one form.
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 2 * 1024 * 1024
LARGER_BODIES = {"/window/intake": 10 * MAX_UPLOAD_BYTES}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "yichuang.faces.operations.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; test only
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/staff/login"
LOGIN_REDIRECT_URL = "/"

# The province's identity service, where a deployment has one; empty means phone and code only.
OIDC = {
    "issuer": environment.text("YICHUANG_OIDC_ISSUER"),
    "client_id": environment.text("YICHUANG_OIDC_CLIENT_ID"),
    "client_secret": environment.text("YICHUANG_OIDC_CLIENT_SECRET"),
}

Q_CLUSTER = {
    "name": "yichuang",
    "orm": "default",
    "workers": int(environment.text("YICHUANG_WORKERS", "1")),
    "timeout": 60,
    "retry": 90,  # longer than any task may run; every task is idempotent
    "max_attempts": 5,
    "poll": 0.2,
    "catch_up": False,
    "save_limit": -1,  # done is done: every kept row would be read again at each task
    "ack_failures": False,
    "label": "任务",
    "bulk": 10,
}

METRICS_TOKEN = environment.text("YICHUANG_METRICS_TOKEN")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "yichuang.faces.operations.logs.JsonFormatter"}},
    "filters": {"requests": {"()": "yichuang.faces.operations.logs.Requests"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": environment.text("YICHUANG_LOG_LEVEL", "WARNING")},
    # both name the path, which may hold a code
    "loggers": {
        "django.request": {"filters": ["requests"]},
        "django.security.csrf": {"filters": ["requests"]},
    },
}

if PRODUCTION:
    environment.refuse_unsafe(
        debug=DEBUG,
        secrets={
            "SECRET_KEY": SECRET_KEY,
            "YICHUANG_FIELD_KEY": FIELD_KEY,
            "YICHUANG_INDEX_KEY": INDEX_KEY,
        },
        hosts=ALLOWED_HOSTS,
        public_url=PUBLIC_URL,
    )
