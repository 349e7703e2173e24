"""The county pack: a folder of tables becomes a county (docs/pack-format.md)."""
