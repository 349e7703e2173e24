"""Quick hashing. Imports nothing of ours: this is read before Django is set up."""

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Real hashing takes half a second on purpose; what is tested here does not depend on it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
