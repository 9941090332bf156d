// An MCP server on the official TypeScript SDK, of both eras, with the tools that the conformance suite looks for:
//
//     node server.mjs PORT
//
// It is `server.py` in another language, over another HTTP stack.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  acceptedContent, classifyInboundRequest, createMcpHandler, createRequestStateCodec, fromJsonSchema, inputRequired,
  isInitializeRequest, McpServer, ResourceTemplate,
} from '@modelcontextprotocol/server';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const text = (value) => ({ type: 'text', text: value });
const said = (value) => ({ content: [text(value)] });
const image = { type: 'image', data: PIXEL, mimeType: 'image/png' };
const embedded = (uri, mimeType, value) => ({ type: 'resource', resource: { uri, mimeType, text: value } });
const schema = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const STRING = { type: 'string' };

// A state comes back through the client, who must not be able to change it.
const states = createRequestStateCodec({ key: crypto.getRandomValues(new Uint8Array(32)) });
// Sessions of the older era.
const sessions = new Map();

// What was sent on each stream, so that a client can resume it.
function events() {
  const sent = [];
  return {
    async storeEvent(streamId, message) {
      sent.push({ streamId, message });
      return String(sent.length);
    },
    async replayEventsAfter(lastEventId, { send }) {
      const { streamId } = sent[Number(lastEventId) - 1];
      for (let at = Number(lastEventId); at < sent.length; at++) {
        const { streamId: stream, message } = sent[at];
        if (stream === streamId && message && Object.keys(message).length > 0) await send(String(at + 1), message);
      }
      return streamId;
    },
  };
}

const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'address', type: 'object', properties: { street: STRING, city: STRING } } },
  properties: {
    name: STRING, address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] }, phone: STRING, email: STRING,
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

function build() {
  const mcp = new McpServer(
    { name: 'conformance', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true }, resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true }, logging: {}, completions: {},
      },
      requestState: { verify: states.verify },
    },
  );
  const tool = (name, run, inputSchema = schema({})) =>
    mcp.registerTool(name, { description: name, inputSchema: fromJsonSchema(inputSchema) }, run);

  // Content of each kind.
  tool('test_simple_text', () => said('This is a simple text response for testing.'));
  tool('test_image_content', () => ({ content: [image] }));
  tool('test_audio_content', () => ({ content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }] }));
  tool('test_embedded_resource', () => ({ content: [embedded('test://embedded-resource', 'text/plain', 'embedded')] }));
  tool('test_multiple_content_types', () => ({ content: [text('Multiple'), image, embedded('test://mixed', 'application/json', '{}')] }));
  tool('test_error_handling', () => { throw new Error('This tool intentionally returns an error for testing'); });
  tool('echo', ({ value }) => said(value), schema({ value: STRING }));
  tool('test_x_mcp_header', ({ region }) => said(`region=${region ?? 'none'}`), schema({ region: { ...STRING, 'x-mcp-header': 'Region' } }, []));
  tool('json_schema_2020_12_tool', () => said('called'), SCHEMA_2020_12);

  // What is told while a tool runs, and what the server asks the client meanwhile (older era).
  const log = (ctx, data) => ctx.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
  tool('test_tool_with_logging', async (_, ctx) => {
    for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await log(ctx, message);
      await sleep(50);
    }
    return said('done');
  });
  tool('test_logging_tool', async (_, ctx) => {
    await ctx.mcpReq.log('info', 'only for who asked for it');
    return said('done');
  });
  tool('test_tool_with_progress', async (_, ctx) => {
    const { progressToken } = ctx.mcpReq._meta ?? {};
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      const params = { progressToken, progress, total: 100, message: `step ${progress}` };
      await ctx.mcpReq.notify({ method: 'notifications/progress', params });
      await sleep(50);
    }
    return said('done');
  });
  tool('test_sampling', async ({ prompt }, ctx) => {
    const messages = [{ role: 'user', content: text(prompt) }];
    const result = await ctx.mcpReq.send({ method: 'sampling/createMessage', params: { messages, maxTokens: 100 } });
    return said(`LLM response: ${result.content?.text}`);
  }, schema({ prompt: STRING }));
  const ask = async (ctx, message, requestedSchema) => {
    const result = await ctx.mcpReq.send({ method: 'elicitation/create', params: { message, requestedSchema } });
    return said(`User response: action=${result.action}, content=${JSON.stringify(result.content ?? {})}`);
  };
  tool('test_elicitation', ({ message }, ctx) => ask(ctx, message, schema({ response: STRING })), schema({ message: STRING }));
  tool('test_elicitation_sep1034_defaults', (_, ctx) => ask(ctx, 'Please provide user information', schema({
    name: { ...STRING, default: 'John Doe' }, age: { type: 'integer', default: 30 }, score: { type: 'number', default: 95.5 },
    status: { ...STRING, enum: ['active', 'inactive', 'pending'], default: 'active' }, verified: { type: 'boolean', default: true },
  }, [])));
  const titled = ['a', 'b'].map((value) => ({ const: value, title: value.toUpperCase() }));
  tool('test_elicitation_sep1330_enums', (_, ctx) => ask(ctx, 'Please choose', schema({
    untitledSingle: { ...STRING, enum: ['a', 'b'] }, titledSingle: { ...STRING, oneOf: titled },
    untitledMulti: { type: 'array', items: { ...STRING, enum: ['a', 'b'] } }, titledMulti: { type: 'array', items: { anyOf: titled } },
    legacyEnum: { ...STRING, enum: ['a', 'b'], enumNames: ['A', 'B'] },
  }, [])));
  tool('test_reconnection', async (_, ctx) => {
    sessions.get(ctx.sessionId)?.closeSSEStream(ctx.mcpReq.id);
    await sleep(200);
    return said('resumed');
  });

  // What the server asks for in its result (newer era).
  const name = () => inputRequired.elicit({ message: 'What is your name?', requestedSchema: schema({ name: STRING }) });
  const confirm = () => inputRequired.elicit({ message: 'Please confirm', requestedSchema: schema({ ok: { type: 'boolean' } }) });
  const sample = (prompt) => inputRequired.createMessage({ messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100 });
  const rounds = (name, run) => tool(`test_input_required_result_${name}`, (_, ctx) => run(ctx.mcpReq.inputResponses ?? {}, ctx.mcpReq.requestState));
  rounds('elicitation', (answers) => {
    const given = acceptedContent(answers, 'user_name')?.name;
    return typeof given === 'string' ? said(`Hello, ${given}!`) : inputRequired({ inputRequests: { user_name: name() } });
  });
  rounds('sampling', ({ capital_question: answer }) =>
    answer ? said(`Model said: ${answer.content?.text}`) : inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?') } }));
  rounds('list_roots', ({ client_roots: answer }) =>
    answer ? said(`${answer.roots.length} roots`) : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } }));
  rounds('request_state', async ({ confirm: answer }, state) =>
    answer && (await state()) ? said('state-ok')
      : inputRequired({ inputRequests: { confirm: confirm() }, requestState: await states.mint({ step: 1 }) }));
  rounds('tampered_state', async (_, state) =>
    (await state()) ? said('state-ok')
      : inputRequired({ inputRequests: { confirm: confirm() }, requestState: await states.mint({ step: 1 }) }));
  rounds('multiple_inputs', async (answers) => {
    const inputRequests = { user_name: name(), greeting: sample('Greet'), client_roots: inputRequired.listRoots() };
    if (Object.keys(inputRequests).every((wanted) => answers[wanted])) return said('All inputs received.');
    return inputRequired({ inputRequests, requestState: await states.mint({ several: true }) });
  });
  rounds('multi_round', async (answers, state) => {
    const { round } = (await state()) ?? {};
    if (round === 2 && acceptedContent(answers, 'step2')?.color) return said('two rounds');
    if (round === 1 && acceptedContent(answers, 'step1')?.name) {
      const step2 = inputRequired.elicit({ message: 'Which colour?', requestedSchema: schema({ color: STRING }) });
      return inputRequired({ inputRequests: { step2 }, requestState: await states.mint({ round: 2 }) });
    }
    return inputRequired({ inputRequests: { step1: name() }, requestState: await states.mint({ round: 1 }) });
  });
  tool('test_input_required_result_capabilities', async (_, ctx) => {
    const declared = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
    const inputRequests = {};
    if (declared.sampling) inputRequests.sample = sample('Say hello');
    if (declared.elicitation) inputRequests.ask = name();
    return inputRequired({ inputRequests, requestState: await states.mint({ asked: true }) });
  });
  tool('test_missing_capability', (_, ctx) =>
    ctx.mcpReq.inputResponses?.answer ? said('declared') : inputRequired({ inputRequests: { answer: sample('pong') } }));
  tool('test_streaming_elicitation', () => said('done'));
  tool('test_trigger_tool_change', () => { modern.notify.toolsChanged(); return said('changed'); });
  tool('test_trigger_prompt_change', () => { modern.notify.promptsChanged(); return said('changed'); });

  // Resources, prompts, and the rest.
  const resource = (name, content) =>
    mcp.registerResource(name, `test://${name}`, {}, (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', ...content }] }));
  resource('static-text', { text: 'This is the content of the static text resource.' });
  resource('static-binary', { blob: PIXEL, mimeType: 'image/png' });
  resource('watched-resource', { text: 'watched' });
  mcp.registerResource('template', new ResourceTemplate('test://template/{id}/data', { list: undefined }), {}, (uri, { id }) =>
    ({ contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id }) }] }));

  const prompt = (name, run, argsSchema) =>
    mcp.registerPrompt(name, { description: name, ...(argsSchema && { argsSchema: fromJsonSchema(argsSchema) }) }, run);
  const messages = (...contents) => ({ messages: contents.map((content) => ({ role: 'user', content })) });
  prompt('test_simple_prompt', () => messages(text('This is a simple prompt for testing.')));
  prompt('test_prompt_with_arguments', ({ arg1, arg2 }) => messages(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)), schema({ arg1: STRING, arg2: STRING }));
  prompt('test_prompt_with_embedded_resource', ({ resourceUri }) => messages(embedded(resourceUri, 'text/plain', 'embedded'), text('See above.')), schema({ resourceUri: STRING }));
  prompt('test_prompt_with_image', () => messages(image, text('See above.')));
  prompt('test_input_required_result_prompt', (ctx) => {
    const context = acceptedContent(ctx.mcpReq.inputResponses, 'user_context')?.context;
    if (context) return messages(text(`In the context ${context}`));
    return inputRequired({ inputRequests: { user_context: inputRequired.elicit({ message: 'Which context?', requestedSchema: schema({ context: STRING }) }) } });
  });

  const handle = (method, answer) => mcp.server.setRequestHandler(method, async () => answer);
  handle('logging/setLevel', {});
  handle('resources/subscribe', {});
  handle('resources/unsubscribe', {});
  handle('completion/complete', { completion: { values: [], total: 0, hasMore: false } });
  return mcp;
}

const modern = createMcpHandler(() => build());
const serveModern = toNodeHandler(modern);

async function serveLegacy(request, response, body) {
  const id = request.headers['mcp-session-id'];
  let transport = sessions.get(id);
  if (!transport && !id && isInitializeRequest(body)) {
    transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: events(),
      retryInterval: 100,
      onsessioninitialized: (session) => sessions.set(session, transport),
    });
    transport.onclose = () => sessions.delete(transport.sessionId);
    await build().connect(transport);
  }
  if (transport) return transport.handleRequest(request, response, body);
  response.writeHead(id ? 404 : 400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'no such session' }, id: null }));
}

const isLocal = (url) => URL.canParse(url) && ['127.0.0.1', 'localhost'].includes(new URL(url).hostname);

createServer(async (request, response) => {
  const { method, headers } = request;
  if (!isLocal(`http://${headers.host}`) || (headers.origin && !isLocal(headers.origin))) return response.writeHead(403).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let body;
  try {
    body = method === 'POST' ? JSON.parse(Buffer.concat(chunks)) : undefined;
  } catch {
    return response.writeHead(400).end();
  }
  const inbound = classifyInboundRequest({
    httpMethod: method, protocolVersionHeader: headers['mcp-protocol-version'], mcpMethodHeader: headers['mcp-method'], body,
  });
  await (inbound.kind === 'legacy' ? serveLegacy : serveModern)(request, response, body);
}).listen(Number(process.argv[2]), '127.0.0.1');
