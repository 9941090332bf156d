"""What a client on the official Python SDK gets from a server, one line of JSON for each thing that it does.

client.py legacy|modern URL TOKEN
"""

import asyncio
import json
import sys
import warnings

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CreateMessageResult,
    ElicitResult,
    ListRootsResult,
    PromptReference,
    Root,
    TextContent,
)

warnings.simplefilter("ignore")
ERA, URL, TOKEN = sys.argv[1:4]
MODERN = ERA == "modern"


def plain(value):
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


async def step(name, awaitable):
    try:
        outcome = plain(await awaitable)
    except Exception as error:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        outcome = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps({"step": name, "outcome": outcome}), flush=True)


async def sample(context, params):
    return CreateMessageResult(model="m", role="assistant", content=TextContent(type="text", text="Paris — ünïcödé"))


async def elicit(context, params):
    known = {"age": 7, "score": 1.5, "verified": True, "ok": True, "untitledMulti": ["a"], "titledMulti": ["b"]}
    wanted = params.requested_schema.get("properties", {})
    return ElicitResult(action="accept", content={name: known.get(name, "a") for name in wanted})


async def roots(context):
    return ListRootsResult(roots=[Root(uri="file:///home/agent", name="home")])


async def walk(client, told):
    async def value(result):
        return result

    await step("connect", value({"server": plain(client.server_info), "capabilities": plain(client.server_capabilities), "version": client.protocol_version}))
    if not MODERN:
        await step("ping", client.send_ping())
    await step("tools/list", client.list_tools())
    await step("resources/list", client.list_resources())
    await step("resources/templates/list", client.list_resource_templates())
    await step("prompts/list", client.list_prompts())
    for name in (
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_error_handling",
        "no_such_tool",
    ):
        await step(f"call {name}", client.call_tool(name, {}))
    await step("call with unicode", client.call_tool("echo", {"value": '日本語 \0\u2028 "\\ 🎉 é'}))
    await step("call with 200 KiB", client.call_tool("echo", {"value": "x" * 200 * 1024}))
    await step("call with a mirrored header", client.call_tool("test_x_mcp_header", {"region": "eu-west ☃"}))
    await step("call of a missing argument", client.call_tool("echo", {}))

    async def progress():
        seen = []

        async def note(progress, total, message):
            seen.append([progress, total, message])

        result = await client.call_tool("test_tool_with_progress", {}, progress_callback=note)
        return {"seen": seen, "result": plain(result)}

    await step("progress", progress())
    if MODERN:
        for name in ("elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round"):
            await step(f"input required: {name}", client.call_tool(f"test_input_required_result_{name}", {}))
        await step("input required: prompt", client.get_prompt("test_input_required_result_prompt"))

        async def listen():
            async with client.listen(tools_list_changed=True) as subscription:
                await client.call_tool("test_trigger_tool_change", {})
                async with asyncio.timeout(3):
                    async for event in subscription:
                        return type(event).__name__

        await step("listen", listen())
    else:
        await step("logging/setLevel", client.set_logging_level("debug"))

        async def logging():
            result = await client.call_tool("test_tool_with_logging", {})
            return {"result": plain(result), "told": list(told)}

        await step("logging", logging())
        await step("sampling", client.call_tool("test_sampling", {"prompt": "capital of France?"}))
        await step("elicitation", client.call_tool("test_elicitation", {"message": "who?"}))
        await step("elicitation with defaults", client.call_tool("test_elicitation_sep1034_defaults", {}))
        await step("elicitation with enums", client.call_tool("test_elicitation_sep1330_enums", {}))
        await step("resumption", client.call_tool("test_reconnection", {}))
        await step("subscribe", client.subscribe_resource("test://watched-resource"))
        await step("unsubscribe", client.unsubscribe_resource("test://watched-resource"))
        await step("roots changed", client.send_roots_list_changed())
    for uri in ("test://static-text", "test://static-binary", "test://template/a%20b/data", "test://nothing"):
        await step(f"read {uri}", client.read_resource(uri))
    await step("prompt", client.get_prompt("test_simple_prompt"))
    await step("prompt with arguments", client.get_prompt("test_prompt_with_arguments", {"arg1": "ä", "arg2": ""}))
    await step("no such prompt", client.get_prompt("nothing"))
    reference = PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
    await step("complete", client.complete(reference, {"name": "arg1", "value": "x"}))
    await step("twenty at once", asyncio.gather(*(client.call_tool("echo", {"value": f"n{n}"}) for n in range(20))))

    async def cancelled():
        running = asyncio.ensure_future(client.call_tool("test_tool_with_logging", {}))
        await asyncio.sleep(0.06)
        running.cancel()
        outcome = (await asyncio.gather(running, return_exceptions=True))[0]
        after = await client.call_tool("test_simple_text", {})
        return {"outcome": type(outcome).__name__, "after": plain(after)}

    await step("cancelled", cancelled())


async def main():
    told = []

    async def log(params):
        told.append(params.data)

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http:
        transport = streamable_http_client(URL, http_client=http)
        client = Client(
            transport,
            mode="auto" if MODERN else "legacy",
            sampling_callback=sample,
            elicitation_callback=elicit,
            list_roots_callback=roots,
            logging_callback=log,
        )

        async def whole():
            async with client:
                await walk(client, told)

        await step("all", whole())


asyncio.run(main())
