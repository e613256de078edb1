"""The app; `main` puts it together, `schema` says what it is about."""
