def test_settings():
    from django.conf import settings
    assert settings.MODE == "test"
