"""What an app can do and how a specification says it, for whoever designs one; from the code where possible."""

from app.blueprint.contract.text import contract, examples

__all__ = ["contract", "examples"]
