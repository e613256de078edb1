"""The conversation with a model: what goes to it, the form of an answer, and the JSON in one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition
from pydantic_core import from_json

from app.ports.model_calls import AnswerForm

_TOOL: Final = "answer"
PROBE_SYSTEM: Final = 'Answer with {"heard": true}.'
PROBE: Final = "Can you hear me?"
PROBE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"heard": {"type": "boolean"}},
    "required": ["heard"],
    "additionalProperties": False,
}
PROBE_INPUT: Final = 400
"""More than the question and its form have, also where a provider writes a page about tools around them."""

PROBE_TOKENS: Final = 64
"""More than the answer needs; some providers take no lower limit than 16."""


@dataclass
class Conversation:
    """The conversation so far: messages for the provider, texts that are equal on every try for the journal."""

    system: str
    turns: list[str] = field(default_factory=list)
    messages: list[ModelMessage] = field(default_factory=list)

    def ask(self, text: str) -> None:
        """Add a question; after an answer by tool it goes back as that tool's result."""
        newest = self.messages[-1] if self.messages else None
        calls = [part for part in newest.parts if isinstance(part, ToolCallPart)] if newest is not None else []
        self.turns.append(text)
        if calls:
            parts = [ToolReturnPart(call.tool_name, text, call.tool_call_id) for call in calls]
            self.messages.append(ModelRequest(parts=parts))
        elif newest is None:
            self.messages.append(ModelRequest(parts=[SystemPromptPart(self.system), UserPromptPart(text)]))
        else:
            self.messages.append(ModelRequest(parts=[UserPromptPart(text)]))

    def hear(self, response: ModelResponse, text: str) -> None:
        """Add an answer."""
        self.turns.append(text)
        self.messages.append(response)


def request_parameters(schema: dict[str, Any] | None, *, form: AnswerForm) -> ModelRequestParameters:
    """The library's parameters for an answer by this schema, in the form that a provider knows."""
    if schema is None or form is AnswerForm.TEXT:
        return ModelRequestParameters()
    about = "The whole answer."
    if form is AnswerForm.SCHEMA:
        # Not strict: in that form every member of an object is required, and most of a specification is optional.
        described = OutputObjectDefinition(json_schema=schema, name=_TOOL, description=about, strict=False)
        return ModelRequestParameters(output_mode="native", output_object=described, allow_text_output=True)
    tool = ToolDefinition(
        name=_TOOL, parameters_json_schema=schema, description=about, strict=False, kind="output"
    )
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def text_of(response: ModelResponse) -> str:
    """The JSON of an answer, from its tool call or else from its text."""
    for part in response.parts:
        if isinstance(part, ToolCallPart):
            return part.args_as_json_str() if not isinstance(part.args, str) else part.args
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def is_whole(text: str) -> bool:
    """True when a text is JSON to its end: some servers never say why they stop, and a broken stream does not."""
    try:
        from_json(text)
    except ValueError:
        return False
    return True


def is_probe_answer(text: str) -> bool:
    """True when a text answers PROBE in the form of PROBE_SCHEMA."""
    try:
        answer = from_json(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and isinstance(answer.get("heard"), bool)
