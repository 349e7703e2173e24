"""What every test stands on: an own home folder, test mode, and the database of this run.

Each pytest process (each xdist worker too) gets a home of its own, so workers never share a file
or a SQLite database. PostgreSQL comes only from `python -m tests.support.postgres`, which says so
by YICHUANG_TEST_CLUSTER: a DATABASE_URL that happens to stand in the environment is never used.
"""

import os
import shutil
import tempfile
from pathlib import Path

import django
import hypothesis

from yichuang.project import texts

pytest_plugins = ["tests.support.browser", "tests.support.memory", "tests.factories.fixtures"]

# How long an example takes depends on what else the machine does: no test is timed.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")

_home = Path(tempfile.mkdtemp(prefix="yichuang-test-"))
for _name in [name for name in os.environ if name.startswith("YICHUANG_")]:
    if _name != "YICHUANG_TEST_CLUSTER":
        del os.environ[_name]
for _name in ("SECRET_KEY", "SECRET_KEY_FILE", "SECRET_KEY_FALLBACKS", "DATABASE_URL_FILE", "PORT"):
    os.environ.pop(_name, None)
if "YICHUANG_TEST_CLUSTER" not in os.environ:
    os.environ.pop("DATABASE_URL", None)
os.environ["YICHUANG_MODE"] = "test"
os.environ["YICHUANG_HOME"] = str(_home)
# named here and not in pyproject.toml, so that the settings are first read with this environment
os.environ["DJANGO_SETTINGS_MODULE"] = "yichuang.project.settings"


# before Django: a language once read is not read again
texts.compile_all()
# now and not by the plug-in: the conftest of a named folder may import models right after this one
django.setup()


def pytest_unconfigure(config):
    shutil.rmtree(_home, ignore_errors=True)
