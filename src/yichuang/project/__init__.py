"""The roof: settings, addresses, entry points. Nothing is decided here."""
