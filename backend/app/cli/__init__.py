"""The command line: talks to a running instance over its API, and starts and stops one."""
