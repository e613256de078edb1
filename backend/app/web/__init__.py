"""The founder's page: HTML from the same services as the API."""
