"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connection

from yichuang.faces.operations.limits import body_limit
from yichuang.project import checks
from yichuang.project.bodies import Bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
# With several threads SQLite's waiting writers sleep and the slowest answers get slower.
application = Bodies(
    get_wsgi_application(), turns=1 if connection.vendor == "sqlite" else 4, limit=body_limit
)
checks.refuse_errors()
