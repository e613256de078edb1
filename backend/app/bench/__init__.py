"""The performance bars, each measured beside its ceiling in the same run, on servers and processes of its own."""
