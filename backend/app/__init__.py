"""Co-Founder: a goal goes in, a running web app comes out."""

__version__ = "0.1.0"
