"""Child processes: how they are started, tied to their parent, locked, watched and stopped."""
