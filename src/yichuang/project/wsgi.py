"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

from yichuang.project import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
application = get_wsgi_application()
checks.refuse_errors()
