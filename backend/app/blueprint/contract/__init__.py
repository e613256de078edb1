"""What an app can do and how a specification says it, for whoever designs one; from the code where possible."""

from app.blueprint.contract.text import brief_contract, contract, examples

__all__ = ["brief_contract", "contract", "examples"]
