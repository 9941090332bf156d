// Everybody around the gateway in host-tests/tests/oauth.rs: an OAuth server (oidc-provider), an MCP server behind the gateway
// and an MCP client (both of the SDK). Says on stdout where the servers listen, reads from stdin where the gateway does, and
// then tells each step of the client as a line of JSON.

import { createServer } from 'node:http';
import { createInterface } from 'node:readline/promises';
import { once } from 'node:events';
import * as jose from 'jose';
import Provider from 'oidc-provider';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

// How clients know the gateway, and its two routes: JWTs bound to a key on one, opaque tokens on the other.
const GATEWAY = 'https://gateway.example.com';
const CALLBACK = 'http://127.0.0.1:9/callback';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const tell = (step, facts = {}) => say({ step, ...facts });

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

// ---- the OAuth server

async function startIssuer() {
  const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const key = { ...(await jose.exportJWK(privateKey)), kid: 'issuer-1', alg: 'ES256', use: 'sig' };
  let handle;
  const server = createServer((request, response) => handle(request, response));
  const port = await listening(server);
  const issuer = `http://127.0.0.1:${port}`;
  const formats = { [`${GATEWAY}/mcp`]: 'jwt', [`${GATEWAY}/opaque`]: 'opaque' };
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{
      client_id: 'gateway', client_secret: 'a secret of this test', redirect_uris: [], response_types: [], grant_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    }],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['openid', 'offline_access', 'mcp:tools'],
    pkce: { required: () => true },
    cookies: { keys: ['for this test'] },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    clientBasedCORS: () => true,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (!formats[resource]) throw new Error(`no such resource: ${resource}`);
          const format = formats[resource];
          return { scope: 'mcp:tools', audience: resource, accessTokenFormat: format, accessTokenTTL: 120,
            ...(format === 'jwt' && { jwt: { sign: { alg: 'ES256' } } }) };
        },
      },
    },
  });
  // The person behind the agent logs in and consents to whatever is asked for.
  const interact = async (request, response) => {
    const { uid, prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: 'user-7' } });
    }
    const grant = grantId ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid offline_access mcp:tools');
    for (const resource of [params.resource].flat().filter(Boolean)) grant.addResourceScope(resource, 'mcp:tools');
    const id = await grant.save();
    return provider.interactionFinished(request, response, { consent: { grantId: id }, uid }, { mergeWithLastSubmission: true });
  };
  const own = provider.callback();
  let fetches = 0;
  handle = (request, response) => {
    // The scenario's own place, below which the gateway looks for what issuers publish.
    request.url = request.url.replace(/^\/oauth\/(jwks|introspect)$/, (_all, what) => (what === 'jwks' ? '/jwks' : '/token/introspection'));
    if (request.url === '/jwks') fetches += 1;
    if (!request.url.startsWith('/interaction/')) return own(request, response);
    return interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  };
  return { issuer, port, fetches: () => fetches };
}

// ---- the MCP server behind the gateway

const arrived = [];

async function startTool() {
  const server = createServer(async (request, response) => {
    arrived.push({ authorization: request.headers.authorization ?? null, dpop: request.headers.dpop ?? null, agent: request.headers['x-agent-id'] ?? null });
    const mcp = new McpServer({ name: 'crm', version: '1' });
    mcp.registerTool('crm.read', { description: 'reads' }, () => ({ content: [{ type: 'text', text: 'a customer' }] }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on('close', () => transport.close());
    await mcp.connect(transport);
    await transport.handleRequest(request, response);
  });
  return listening(server);
}

// ---- the MCP client, with DPoP laid around its fetch

class Agent {
  constructor(path, { dpop }, port) {
    this.url = new URL(`${GATEWAY}${path}`);
    this.port = port;
    this.dpop = dpop;
    this.spent = [];
    this.store = {};
    this.answers = [];
  }

  async start() {
    if (this.dpop) this.keys = await jose.generateKeyPair('ES256', { extractable: true });
    return this;
  }

  async proof(method, url, token) {
    const claims = { htm: method, htu: url, jti: crypto.randomUUID() };
    if (token) {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
      claims.ath = jose.base64url.encode(new Uint8Array(digest));
    }
    const jwk = await jose.exportJWK(this.keys.publicKey);
    return new jose.SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).setIssuedAt().sign(this.keys.privateKey);
  }

  // The name of the gateway leads to its port; requests that carry a token, or get one, carry a proof.
  fetch = async (input, init = {}) => {
    const url = new URL(input);
    const headers = new Headers(init.headers);
    const method = init.method ?? 'GET';
    const named = `${url.origin}${url.pathname}`;
    const token = headers.get('authorization')?.match(/^Bearer (.*)$/)?.[1];
    const atGateway = url.origin === GATEWAY;
    if (this.dpop && atGateway && token) {
      headers.set('authorization', `DPoP ${token}`);
      headers.set('dpop', await this.proof(method, named, token));
    } else if (this.dpop && url.pathname === '/token') {
      headers.set('dpop', await this.proof(method, named));
    }
    if (atGateway) url.host = `127.0.0.1:${this.port}`;
    if (atGateway) url.protocol = 'http:';
    const sent = { ...init, headers };
    if (atGateway && token) this.spent.push({ url: String(url), sent });
    const answer = await fetch(url, sent);
    if (atGateway) this.answers.push({ status: answer.status, challenge: answer.headers.get('www-authenticate'), reason: answer.headers.get('x-agent-reason') });
    return answer;
  };

  provider() {
    const { store } = this;
    return {
      redirectUrl: CALLBACK,
      clientMetadata: {
        client_name: 'agent', redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
        token_endpoint_auth_method: 'none', application_type: 'native', scope: 'openid offline_access mcp:tools',
        ...(this.dpop && { dpop_bound_access_tokens: true }),
      },
      clientInformation: () => store.client,
      saveClientInformation: (client) => { store.client = client; },
      tokens: () => store.tokens,
      saveTokens: (tokens) => { store.tokens = tokens; },
      saveCodeVerifier: (verifier) => { store.verifier = verifier; },
      codeVerifier: () => store.verifier,
      redirectToAuthorization: (url) => { store.authorize = url; },
      saveDiscoveryState: (state) => { store.discovery = state; },
      discoveryState: () => store.discovery,
    };
  }

  transport() {
    return new StreamableHTTPClientTransport(this.url, { authProvider: this.provider(), fetch: this.fetch });
  }

  // The browser of the person: follows redirects, keeps cookies, stops at the callback.
  async code() {
    const jar = new Map();
    let at = this.store.authorize;
    for (let hop = 0; hop < 20; hop += 1) {
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
        jar.set(name, value);
      }
      const location = answer.headers.get('location');
      if (!location) throw new Error(`no way on from ${at}: ${answer.status} ${await answer.text()}`);
      at = new URL(location, at);
      if (String(at).startsWith(CALLBACK)) return at.searchParams.get('code') ?? (() => { throw new Error(String(at)); })();
    }
    throw new Error('redirected for ever');
  }

  async connect() {
    const first = this.transport();
    const refused = await new Client({ name: 'agent', version: '1' }).connect(first).then(() => null, (error) => error);
    if (!(refused instanceof UnauthorizedError)) throw refused ?? new Error('a call without a token went through');
    tell('discovered', { challenge: this.answers.find((answer) => answer.status === 401)?.challenge, authorization: Object.fromEntries(this.store.authorize.searchParams) });
    await first.finishAuth(await this.code());
    this.client = new Client({ name: 'agent', version: '1' });
    await this.client.connect(this.transport());
  }

  call() {
    return this.client.callTool({ name: 'crm.read', arguments: {} });
  }

  async post(path, form) {
    const client = this.store.client.client_id;
    return fetch(`${this.store.discovery.authorizationServerUrl.replace(/\/$/, '')}${path}`, {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ client_id: client, ...form }),
    });
  }
}

const outcome = (promise) => promise.then((result) => result.content?.[0]?.text ?? 'answered', (error) => `refused: ${error.message}`);

async function bound(port) {
  const agent = await new Agent('/mcp', { dpop: true }, port).start();
  await agent.connect();
  const claims = jose.decodeJwt(agent.store.tokens.access_token);
  tell('called', { outcome: await outcome(agent.call()), bound: typeof claims.cnf?.jkt, audience: claims.aud, type: agent.store.tokens.token_type, upstream: arrived.at(-1) });
  const { url, sent } = agent.spent.at(-1);
  const again = await fetch(url, sent);
  tell('replayed', { status: again.status, reason: again.headers.get('x-agent-reason') });
  const stolen = await fetch(url, { ...sent, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${agent.store.tokens.access_token}` } });
  tell('stolen', { status: stolen.status, reason: stolen.headers.get('x-agent-reason') });
  const before = agent.store.tokens.access_token;
  const { auth } = await import('@modelcontextprotocol/sdk/client/auth.js');
  const refreshed = await auth(agent.provider(), { serverUrl: agent.url, fetchFn: agent.fetch });
  tell('refreshed', { outcome: refreshed, another: before !== agent.store.tokens.access_token, called: await outcome(agent.call()) });
  const revoked = await agent.post('/token/revocation', { token: agent.store.tokens.refresh_token });
  agent.store.authorize = undefined;
  const after = await auth(agent.provider(), { serverUrl: agent.url, fetchFn: agent.fetch }).catch((error) => error.message);
  tell('revoked', { status: revoked.status, outcome: after });
}

async function opaque(port) {
  const agent = await new Agent('/opaque', { dpop: false }, port).start();
  await agent.connect();
  const token = agent.store.tokens.access_token;
  tell('opaque', { outcome: await outcome(agent.call()), parts: token.split('.').length });
  const revoked = await agent.post('/token/revocation', { token });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const { url, sent } = agent.spent.at(-1);
  const late = await fetch(url, sent);
  tell('opaque_revoked', { status: revoked.status, late: late.status, reason: late.headers.get('x-agent-reason') });
}

const issuer = await startIssuer();
const tool = await startTool();
say({ issuer: issuer.issuer, issuer_port: issuer.port, upstream_port: tool });
const lines = createInterface({ input: process.stdin });
const port = Number(await lines.question(''));
try {
  await bound(port);
  await opaque(port);
  tell('done', { fetches: issuer.fetches() });
} catch (error) {
  tell('failed', { error: `${error.stack ?? error}` });
}
process.exit(0);
