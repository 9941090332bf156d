"""Requests over HTTP/2 in frames of any size, ended by trailers or not: a call that is allowed, and one that can't be read."""

import json
import socket

import h2.config
import h2.connection
import h2.events

VERSION = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {}}


def ask(port, token, body, size, trailers):
    """The status and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as stream:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        connection.initiate_connection()
        fields = {
            ":method": "POST",
            ":path": "/mcp",
            ":scheme": "http",
            ":authority": f"127.0.0.1:{port}",
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": VERSION,
            "mcp-method": "tools/call",
            "mcp-name": "echo",
        }
        connection.send_headers(1, fields.items())
        for at in range(0, len(body), size):
            connection.send_data(1, body[at : at + size], end_stream=not trailers and at + size >= len(body))
            stream.sendall(connection.data_to_send())
        if trailers:
            connection.send_headers(1, [("x-checksum", "1"), ("x-agent-id", "spoofed")], end_stream=True)
        stream.sendall(connection.data_to_send())
        status, answer = None, b""
        while True:
            for event in connection.receive_data(stream.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    status = int(dict(event.headers)[b":status"])
                elif isinstance(event, h2.events.DataReceived):
                    answer += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    return status, answer.decode()
                elif isinstance(event, h2.events.StreamReset):
                    return f"reset {event.error_code}", ""


def faults(port, token):
    """How many requests were sent, and what came out otherwise than it should."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"value": "over http/2"}, "_meta": META}}
    allowed = json.dumps(call).encode()
    twice = allowed.replace(b'"value":', b'"value": "another", "value":')
    tried, found = 0, []
    for size in (1, 64, 4096):
        for trailers in (False, True):
            for body, wanted, told in ((allowed, 200, "over http/2"), (twice, 400, "body.unreadable")):
                tried += 1
                status, answer = ask(port, token, body, size, trailers)
                if status != wanted or told not in answer:
                    found.append(f"{len(body)} bytes in frames of {size}, trailers {trailers}: {status} instead of {wanted}: {answer[:200]}")
    return tried, found
