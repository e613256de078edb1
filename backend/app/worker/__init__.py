"""The standing worker: it takes jobs, carries them out, and hands them over when it goes."""
