"""An MCP server on the official Python SDK, of both eras, with the tools that the conformance suite looks for.

    server.py PORT

What each tool, resource and prompt answers is prescribed by the suite (`conformance list --server`); how the SDK puts it on the
wire (JSON or events, sessions, streams, resumption) is what the gate must not change.
"""

import asyncio
import base64
import sys
from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer, RequestStateSecurity
from mcp.server.mcpserver.prompts.base import Prompt, UserMessage
from mcp.server.streamable_http import EventMessage, EventStore
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import BaseModel, Field

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SILENCE = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\0\0\0\0").decode()


class Events(EventStore):
    """What was sent on each stream, so that a client can resume it."""

    def __init__(self):
        self.sent = []

    async def store_event(self, stream_id, message):
        self.sent.append((stream_id, message))
        return str(len(self.sent))

    async def replay_events_after(self, last_event_id, send_callback):
        after = int(last_event_id)
        stream = self.sent[after - 1][0]
        for number, (stream_id, message) in enumerate(self.sent[after:], after + 1):
            if stream_id == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


mcp = MCPServer(name="conformance", version="1.0.0", request_state_security=RequestStateSecurity(keys=[b"k" * 32]))


# The suite wants a description of each.
def tool(run):
    return mcp.tool(description=run.__name__)(run)


def prompt(run):
    return mcp.prompt(description=run.__name__)(run)


def text(value):
    return TextContent(type="text", text=value)


def embedded(uri, mime_type, value):
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=value))


# Content of each kind.


@tool
def test_simple_text() -> str:
    return "This is a simple text response for testing."


@tool
def test_image_content() -> list[ImageContent]:
    return [ImageContent(type="image", data=PIXEL, mime_type="image/png")]


@tool
def test_audio_content() -> list[AudioContent]:
    return [AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")]


@tool
def test_embedded_resource() -> list[EmbeddedResource]:
    return [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]


@tool
def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    image = ImageContent(type="image", data=PIXEL, mime_type="image/png")
    return [text("Multiple content types test:"), image, embedded("test://mixed", "application/json", '{"value":123}')]


@tool
def test_error_handling() -> str:
    raise RuntimeError("This tool intentionally returns an error for testing")


@tool
def echo(value: str) -> str:
    """Not the suite's: whatever text the client sends, back again."""
    return value


@tool
def test_x_mcp_header(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})] = "none",
) -> str:
    return f"region={region}"


SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "address", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


@tool
def json_schema_2020_12_tool() -> str:
    return "called"


mcp._tool_manager._tools["json_schema_2020_12_tool"].parameters = SCHEMA_2020_12

# What is told while a tool runs, and what the server asks the client meanwhile (older era).


@tool
async def test_tool_with_logging(ctx: Context) -> str:
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(message)
        await asyncio.sleep(0.05)
    return "done"


@tool
async def test_logging_tool(ctx: Context) -> str:
    await ctx.info("only for who asked for it")
    return "done"


@tool
async def test_tool_with_progress(ctx: Context) -> str:
    for progress in (0, 50, 100):
        await ctx.report_progress(progress=progress, total=100, message=f"step {progress}")
        await asyncio.sleep(0.05)
    return "done"


@tool
async def test_sampling(prompt: str, ctx: Context) -> str:
    message = SamplingMessage(role="user", content=text(prompt))
    result = await ctx.session.create_message(messages=[message], max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {result.content.text}"


class Answer(BaseModel):
    response: str = Field(description="User's response")


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field(default="active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def titled(*values):
    return [{"const": value, "title": value.upper()} for value in values]


class Enums(BaseModel):
    untitledSingle: str = Field(json_schema_extra={"enum": ["a", "b"]})
    titledSingle: str = Field(json_schema_extra={"oneOf": titled("a", "b")})
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": ["a", "b"]}})
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": titled("a", "b")}})
    legacyEnum: str = Field(json_schema_extra={"enum": ["a", "b"], "enumNames": ["A", "B"]})


async def ask(ctx, message, schema):
    result = await ctx.elicit(message=message, schema=schema)
    content = result.data.model_dump_json() if result.action == "accept" else "{}"
    return f"User response: action={result.action}, content={content}"


@tool
async def test_elicitation(message: str, ctx: Context) -> str:
    return await ask(ctx, message, Answer)


@tool
async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    return await ask(ctx, "Please provide user information", Defaults)


@tool
async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    return await ask(ctx, "Please choose", Enums)


@tool
async def test_reconnection(ctx: Context) -> str:
    """Ends its stream of events in the middle: the client comes back with the last event's id."""
    await ctx.info("before")
    await ctx.close_sse_stream()
    await asyncio.sleep(0.2)
    await ctx.info("after")
    return "resumed"


# What the server asks for in its result (newer era).


def schema(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


def form(message, **properties):
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema(**properties)))


def sample(prompt):
    messages = [SamplingMessage(role="user", content=text(prompt))]
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=messages, max_tokens=100))


STRING, BOOLEAN = {"type": "string"}, {"type": "boolean"}


def accepted(ctx, name, member):
    answer = (ctx.input_responses or {}).get(name)
    return (getattr(answer, "content", None) or {}).get(member) if getattr(answer, "action", "") == "accept" else None


@tool
async def test_input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
    name = accepted(ctx, "user_name", "name")
    return f"Hello, {name}!" if name else InputRequiredResult(input_requests={"user_name": form("What is your name?", name=STRING)})


@tool
async def test_input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
    answer = (ctx.input_responses or {}).get("capital_question")
    if answer:
        return f"Model said: {answer.content.text}"
    return InputRequiredResult(input_requests={"capital_question": sample("What is the capital of France?")})


@tool
async def test_input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
    answer = (ctx.input_responses or {}).get("client_roots")
    return f"{len(answer.roots)} roots" if answer else InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


@tool
async def test_input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
    if ctx.request_state == "a state" and "confirm" in (ctx.input_responses or {}):
        return "state-ok"
    return InputRequiredResult(input_requests={"confirm": form("Please confirm", ok=BOOLEAN)}, request_state="a state")


@tool
async def test_input_required_result_tampered_state(ctx: Context) -> str | InputRequiredResult:
    if ctx.request_state:
        return "state-ok"
    return InputRequiredResult(input_requests={"confirm": form("Please confirm", ok=BOOLEAN)}, request_state="a state")


@tool
async def test_input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
    wanted = {"user_name": form("What is your name?", name=STRING), "greeting": sample("Greet"), "client_roots": ListRootsRequest()}
    if wanted.keys() <= (ctx.input_responses or {}).keys():
        return "All inputs received."
    return InputRequiredResult(input_requests=wanted, request_state="several")


@tool
async def test_input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
    if ctx.request_state == "2" and accepted(ctx, "step2", "color"):
        return "two rounds"
    if ctx.request_state == "1" and accepted(ctx, "step1", "name"):
        return InputRequiredResult(input_requests={"step2": form("Which colour?", color=STRING)}, request_state="2")
    return InputRequiredResult(input_requests={"step1": form("What is your name?", name=STRING)}, request_state="1")


@tool
async def test_input_required_result_capabilities(ctx: Context) -> InputRequiredResult:
    declared = ctx.client_capabilities
    wanted = {}
    if declared.sampling is not None:
        wanted["sample"] = sample("Say hello")
    if declared.elicitation is not None:
        wanted["ask"] = form("What is your name?", name=STRING)
    return InputRequiredResult(input_requests=wanted, request_state="by capability")


@tool
async def test_missing_capability(ctx: Context) -> str:
    declared = ctx.session.client_capabilities
    if declared is None or declared.sampling is None:
        wanted = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(code=MISSING_REQUIRED_CLIENT_CAPABILITY, message="sampling is needed", data=wanted)
    return "declared"


@tool
async def test_streaming_elicitation() -> str:
    return "done"


@tool
async def test_trigger_tool_change(ctx: Context) -> str:
    mcp.add_tool(lambda: "dynamic", name="test_dynamic_tool")
    mcp.remove_tool("test_dynamic_tool")
    await ctx.notify_tools_changed()
    return "changed"


@tool
async def test_trigger_prompt_change(ctx: Context) -> str:
    mcp.add_prompt(Prompt.from_function(lambda: "dynamic", name="test_dynamic_prompt", description="dynamic"))
    mcp.remove_prompt("test_dynamic_prompt")
    await ctx.notify_prompts_changed()
    return "changed"


# Resources, prompts, and the rest.


@mcp.resource("test://static-text")
def static_text() -> str:
    return "This is the content of the static text resource."


@mcp.resource("test://static-binary")
def static_binary() -> bytes:
    return base64.b64decode(PIXEL)


@mcp.resource("test://template/{id}/data")
def template(id: str) -> str:
    return f'{{"id":"{id}"}}'


@mcp.resource("test://watched-resource")
def watched() -> str:
    return "watched"


@prompt
def test_simple_prompt() -> list[UserMessage]:
    return [UserMessage(content=text("This is a simple prompt for testing."))]


@prompt
def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
    return [UserMessage(content=text(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]


@prompt
def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
    return [UserMessage(content=embedded(resourceUri, "text/plain", "embedded")), UserMessage(content=text("See above."))]


@prompt
def test_prompt_with_image() -> list[UserMessage]:
    image = ImageContent(type="image", data=PIXEL, mime_type="image/png")
    return [UserMessage(content=image), UserMessage(content=text("See above."))]


@prompt
async def test_input_required_result_prompt(ctx: Context) -> list[UserMessage] | InputRequiredResult:
    context = accepted(ctx, "user_context", "context")
    if context:
        return [UserMessage(content=text(f"In the context {context}"))]
    return InputRequiredResult(input_requests={"user_context": form("Which context?", context=STRING)})


@mcp.completion()
async def complete(ref, argument, context) -> Completion:
    return Completion(values=[], total=0, has_more=False)


async def nothing(ctx, params):
    return EmptyResult()


for method, params in [
    ("logging/setLevel", SetLevelRequestParams),
    ("resources/subscribe", SubscribeRequestParams),
    ("resources/unsubscribe", UnsubscribeRequestParams),
]:
    mcp._lowlevel_server.add_request_handler(method, params, nothing)

if __name__ == "__main__":
    mcp.run(transport="streamable-http", port=int(sys.argv[1]), event_store=Events(), retry_interval=100)
