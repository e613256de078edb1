"""The abilities of an app and their form in a specification, for a designer; from the code where possible."""

from app.blueprint.contract.text import brief_contract, contract, example_spec, examples

__all__ = ["brief_contract", "contract", "example_spec", "examples"]
