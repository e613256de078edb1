"""Programs that run inside a sandbox: each file stands alone and knows the standard library only."""
