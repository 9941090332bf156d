#!/usr/bin/env python3
"""Do MCP clients, servers and the MCP conformance suite notice the gate?

Servers on the official SDKs of two languages are spoken to twice: directly, and through a real Envoy with the filter that ships and
a policy that allows everything. Who speaks: clients on the same SDKs in both eras, and the suite with what each revision requires.
What they get must be the same. `.ci/conformance` installs all of it and runs this; the outcome is in target/conformance.
"""

import contextlib
import copy
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import http2
import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "target/conformance"
MODULES = Path(os.environ["TOOLGATE_NODE_MODULES"])
# The suite needs a newer Node than many a machine has: npm brings it along.
NODE = str(next(MODULES.glob("node-linux-*/bin/node"), "node"))
ENVOY = os.environ["TOOLGATE_ENVOY"]
WASM = os.environ["TOOLGATE_WASM"]

ISSUER, AUDIENCE = "https://idp.example.com", "https://gateway.example.com/mcp"
REVISIONS = ("2025-11-25", "2026-07-28")
SERVERS = {
    "python": [sys.executable, str(HERE / "server.py")],
    "typescript": [NODE, str(MODULES.parent / "server.mjs")],
}
CLIENTS = {
    "python legacy": [sys.executable, str(HERE / "client.py"), "legacy"],
    "python modern": [sys.executable, str(HERE / "client.py"), "modern"],
    "typescript v1": [NODE, str(MODULES.parent / "client.mjs"), "v1"],
    "typescript legacy": [NODE, str(MODULES.parent / "client.mjs"), "legacy"],
    "typescript modern": [NODE, str(MODULES.parent / "client.mjs"), "modern"],
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, port, log):
    """A process that listens on `port`, for as long as the block runs."""
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                sys.exit(f"error: `{command[0]}` ended; see {log}")
            time.sleep(0.1)
        else:
            sys.exit(f"error: `{command[0]}` doesn't listen; see {log}")
        yield
    finally:
        process.terminate()
        process.wait(10)


class Issuer:
    """Who tokens come from."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())

    def keys(self):
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return [{**key, "kid": "k", "alg": "ES256", "use": "sig"}]

    def token(self):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user", "client_id": "conformance", "iat": now, "exp": now + 3000, "jti": "one"}
        return jwt.encode(claims, self.key, "ES256", headers={"typ": "at+jwt", "kid": "k"})


def policy(issuer, ports):
    """Everything is allowed, and nothing is so risky that somebody would be asked."""
    kinds = "list read create update delete export send publish merge deploy invite grant approve transfer delegate execute unknown"
    return {
        "policy_version": "allow-all",
        "identity": {"issuers": [{"issuer": ISSUER, "audiences": [AUDIENCE], "algorithms": ["ES256"], "jwks": {"inline": {"keys": issuer.keys()}}, "max_lifetime": "1h"}]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "conformance", "origins": [f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in ports]}],
        "risk": {"ask_at": "critical", "actions": dict.fromkeys(kinds.split(), 0)},
        "rules": [{"id": "all", "effect": "allow", "when": {"tool_matches": "*"}}],
    }


def bootstrap(issuer, listeners):
    """`envoy/envoy.yaml`, with a listener for each of `listeners`: (port, port of the server behind, whether to add the token)."""
    deployed = yaml.safe_load((ROOT / "envoy/envoy.yaml").read_text())
    resources = deployed["static_resources"]
    configuration = json.dumps(policy(issuer, [port for port, _, _ in listeners]))
    made, clusters = [], []
    for port, server, adds_token in listeners:
        listener = copy.deepcopy(resources["listeners"][0])
        listener["name"] = f"gate-{port}"
        listener["address"]["socket_address"]["port_value"] = port
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        for route in manager["route_config"]["virtual_hosts"][0]["routes"]:
            if "route" in route:
                route["route"]["cluster"] = f"server-{port}"
        gate = manager["http_filters"][0]["typed_config"]["config"]
        gate["configuration"]["value"] = configuration
        gate["vm_config"]["code"]["local"]["filename"] = WASM
        if adds_token:
            # The suite sends no credentials of its own.
            header = {"key": "authorization", "value": f"Bearer {issuer.token()}"}
            mutation = {"append": {"header": header, "append_action": "ADD_IF_ABSENT"}}
            config = {"@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", "mutations": {"request_mutations": [mutation]}}
            manager["http_filters"].insert(0, {"name": "token", "typed_config": config})
        cluster = copy.deepcopy(next(it for it in resources["clusters"] if it["name"] == "crm"))
        cluster["name"] = cluster["load_assignment"]["cluster_name"] = f"server-{port}"
        cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]["port_value"] = server
        made.append(listener)
        clusters.append(cluster)
    resources["listeners"], resources["clusters"] = made, clusters
    deployed["admin"]["address"]["socket_address"]["port_value"] = 0
    return deployed


def suite(url, revision, out):
    """What the suite says of the server at `url`: for each scenario its checks, each with its verdict."""
    command = [NODE, str(MODULES / "@modelcontextprotocol/conformance/dist/index.js"), "server", "--url", url, "--requirements", revision, "-o", str(out)]
    with open(f"{out}.log", "w") as log:
        subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=900)
    found = {}
    for path in sorted(out.rglob("checks.json")):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        found[scenario] = sorted(f"{check['status']} {check['id']}" for check in json.loads(path.read_text()) if check["status"] != "INFO")
    return found


def walk(client, url, token, log):
    """What a client gets from the server at `url`, step by step."""
    done = subprocess.run([*client, url, token], capture_output=True, text=True, timeout=300)
    lines = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]
    log.write_text(done.stdout)
    outcome = {line["step"]: line["outcome"] for line in lines}
    if done.returncode != 0:
        outcome["ended"] = {"status": done.returncode, "stderr": done.stderr[-2000:]}
    return outcome


def plain(outcome):
    """Without what differs from run to run and address to address."""
    text = json.dumps(outcome, sort_keys=True, ensure_ascii=False)
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    return json.loads(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", "ID", text))


def differences(direct, gated):
    found = []
    for where in sorted({*direct, *gated}):
        one, other = plain(direct.get(where)), plain(gated.get(where))
        if one != other and isinstance(one, list) and isinstance(other, list):
            # Of checks, those that came out otherwise.
            one, other = list((Counter(one) - Counter(other)).elements()), list((Counter(other) - Counter(one)).elements())
        if one != other:
            found.append({"where": where, "direct": one, "gated": other})
    return found


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    for script in ("server.mjs", "client.mjs"):
        # Beside the modules that it imports.
        shutil.copy(HERE / script, MODULES.parent / script)
    issuer = Issuer()
    servers = {name: free_port() for name in SERVERS}
    gates = {name: free_port() for name in SERVERS}
    suites = {name: free_port() for name in SERVERS}
    listeners = [(gates[name], servers[name], False) for name in SERVERS] + [(suites[name], servers[name], True) for name in SERVERS]
    (OUT / "envoy.json").write_text(json.dumps(bootstrap(issuer, listeners), indent=1))
    rows = []
    with contextlib.ExitStack() as stack:
        for name, command in SERVERS.items():
            stack.enter_context(running([*command, str(servers[name])], servers[name], OUT / f"server-{name}.log"))
        envoy = [ENVOY, "-c", str(OUT / "envoy.json"), "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]
        stack.enter_context(running(envoy, suites["python"], OUT / "envoy.log"))

        def row(kind, who, server, direct, gated, passed):
            found = differences(direct, gated)
            rows.append({"kind": kind, "who": who, "server": server, "steps": len(direct), "passed": passed, "differences": found})
            verdict = "the same through the gate" if not found else f"{len(found)} differ through the gate"
            print(f"{kind:6}  {who:18}  {server:10}  {len(direct):3} {'scenarios' if kind == 'suite' else 'steps'}, {passed}; {verdict}", flush=True)
            for difference in found:
                print(f"        {difference['where']}\n          direct {shown(difference['direct'])}\n          gated  {shown(difference['gated'])}")

        for server, port in servers.items():
            for who, command in CLIENTS.items():
                logs = [OUT / f"{who}-{server}-{how}.jsonl".replace(" ", "-") for how in ("direct", "gated")]
                urls = [f"http://127.0.0.1:{at}/mcp" for at in (port, gates[server])]
                outcomes = [walk(command, url, issuer.token(), log) for url, log in zip(urls, logs)]
                failed = sum(isinstance(outcome, dict) and "error" in outcome for outcome in outcomes[0].values())
                row("client", who, server, *outcomes, f"{failed} refused by the server")
        for server, port in servers.items():
            for revision in REVISIONS:
                outcomes = [suite(f"http://127.0.0.1:{at}/mcp", revision, OUT / f"{revision}-{server}-{how}") for how, at in (("direct", port), ("gated", suites[server]))]
                count = Counter(check.split()[0] for checks in outcomes[0].values() for check in checks)
                told = ", ".join(f"{number} checks {verdict.lower()}" for verdict, number in sorted(count.items(), reverse=True))
                row("suite", revision, server, *outcomes, told)
        tried, faults = http2.faults(gates["python"], issuer.token())
        print(f"http/2  {tried} requests in frames of 1, 64 and 4096 bytes, with trailers and without: {len(faults)} faults")
        for fault in faults:
            print(f"        {fault}")
    (OUT / "summary.json").write_text(json.dumps(rows, indent=1))
    if not all(row["steps"] for row in rows) or faults or any(row["differences"] for row in rows):
        sys.exit("error: the gate is noticed; everything is in target/conformance")


def shown(outcome):
    text = json.dumps(outcome, ensure_ascii=False)
    return text if len(text) < 600 else f"{text[:600]}…"


if __name__ == "__main__":
    main()
