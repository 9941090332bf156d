// What a client on the official TypeScript SDK gets from a server, one line of JSON for each thing that it does:
//
//     node client.mjs v1|legacy|modern URL TOKEN
//
// `v1` is the SDK that most clients have, `legacy` and `modern` are the two eras of its successor.

const [era, url, token] = process.argv.slice(2);
const isModern = era === 'modern';

const say = (step, outcome) => console.log(JSON.stringify({ step, outcome }));
const step = async (name, run) => {
  try {
    say(name, (await run()) ?? null);
  } catch (error) {
    say(name, { error: error.constructor.name, code: error.code, message: String(error.message) });
  }
};

const capabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };
const info = { name: 'conformance', version: '1.0.0' };
let client, transport;
const handlers = {};
const told = [];
if (era === 'v1') {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const types = await import('@modelcontextprotocol/sdk/types.js');
  client = new Client(info, { capabilities });
  handlers.request = (method, run) => client.setRequestHandler(
    { 'sampling/createMessage': types.CreateMessageRequestSchema, 'elicitation/create': types.ElicitRequestSchema, 'roots/list': types.ListRootsRequestSchema }[method], run);
  handlers.log = (run) => client.setNotificationHandler(types.LoggingMessageNotificationSchema, run);
  transport = (options) => new StreamableHTTPClientTransport(new URL(url), options);
} else {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  client = new Client(info, { capabilities, versionNegotiation: { mode: isModern ? 'auto' : 'legacy' } });
  handlers.request = (method, run) => client.setRequestHandler(method, run);
  handlers.log = (run) => client.setNotificationHandler('notifications/message', run);
  transport = (options) => new StreamableHTTPClientTransport(new URL(url), options);
}
handlers.request('sampling/createMessage', () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'Paris — ünïcödé' } }));
handlers.request('elicitation/create', ({ params }) => {
  const content = {};
  for (const name of Object.keys(params.requestedSchema?.properties ?? {})) {
    content[name] = { age: 7, score: 1.5, verified: true, ok: true, untitledMulti: ['a'], titledMulti: ['b'] }[name] ?? 'a';
  }
  return { action: 'accept', content };
});
handlers.request('roots/list', () => ({ roots: [{ uri: 'file:///home/agent', name: 'home' }] }));
handlers.log(({ params }) => { told.push(params.data); });

const options = { requestInit: { headers: { Authorization: `Bearer ${token}` } }, reconnectionOptions: {
  initialReconnectionDelay: 100, maxReconnectionDelay: 1000, reconnectionDelayGrowFactor: 1.5, maxRetries: 5 } };
const http = transport(options);
await step('connect', async () => {
  await client.connect(http);
  return { server: client.getServerVersion(), capabilities: client.getServerCapabilities(), version: isModern ? client.getNegotiatedProtocolVersion() : http.protocolVersion };
});
const call = (name, args = {}, options = undefined) =>
  era === 'v1' ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);

if (!isModern) await step('ping', () => client.ping());
await step('tools/list', () => client.listTools());
await step('resources/list', () => client.listResources());
await step('resources/templates/list', () => client.listResourceTemplates());
await step('prompts/list', () => client.listPrompts());
for (const name of ['test_simple_text', 'test_image_content', 'test_audio_content', 'test_embedded_resource', 'test_multiple_content_types', 'test_error_handling', 'no_such_tool']) {
  await step(`call ${name}`, () => call(name));
}
await step('call with unicode', () => call('echo', { value: '日本語 \u0000\u2028 "\\ 🎉 é' }));
await step('call with 200 KiB', async () => (await call('echo', { value: 'x'.repeat(200 * 1024) })).content[0].text.length);
await step('call with a mirrored header', () => call('test_x_mcp_header', { region: 'eu-west ☃' }));
await step('call of a missing argument', () => call('echo'));
await step('progress', async () => {
  const seen = [];
  const result = await call('test_tool_with_progress', {}, { onprogress: (progress) => seen.push(progress) });
  return { seen, result };
});
if (!isModern) {
  await step('logging/setLevel', () => client.setLoggingLevel('debug'));
  await step('logging', async () => ({ result: await call('test_tool_with_logging'), told: told.splice(0) }));
  await step('sampling', () => call('test_sampling', { prompt: 'capital of France?' }));
  await step('elicitation', () => call('test_elicitation', { message: 'who?' }));
  await step('elicitation with defaults', () => call('test_elicitation_sep1034_defaults'));
  await step('elicitation with enums', () => call('test_elicitation_sep1330_enums'));
  await step('resumption', async () => (await call('test_reconnection')).content);
  told.splice(0);
  await step('subscribe', () => client.subscribeResource({ uri: 'test://watched-resource' }));
  await step('unsubscribe', () => client.unsubscribeResource({ uri: 'test://watched-resource' }));
  await step('roots changed', () => client.sendRootsListChanged());
} else {
  for (const name of ['elicitation', 'sampling', 'list_roots', 'request_state', 'multiple_inputs', 'multi_round']) {
    await step(`input required: ${name}`, () => call(`test_input_required_result_${name}`));
  }
  await step('input required: prompt', () => client.getPrompt({ name: 'test_input_required_result_prompt' }));
  await step('listen', async () => {
    let changed;
    const change = new Promise((resolve) => { changed = resolve; });
    client.setNotificationHandler('notifications/tools/list_changed', () => changed('told'));
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] });
    await call('test_trigger_tool_change');
    const told = await Promise.race([change, new Promise((resolve) => setTimeout(resolve, 3000, 'not told'))]);
    await subscription.close();
    return { honored: subscription.honoredFilter, told };
  });
}
for (const uri of ['test://static-text', 'test://static-binary', 'test://template/a%20b/data', 'test://nothing']) {
  await step(`read ${uri}`, () => client.readResource({ uri }));
}
await step('prompt', () => client.getPrompt({ name: 'test_simple_prompt' }));
await step('prompt with arguments', () => client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'ä', arg2: '' } }));
await step('no such prompt', () => client.getPrompt({ name: 'nothing' }));
await step('complete', () => client.complete({ ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' }, argument: { name: 'arg1', value: 'x' } }));
await step('twenty at once', () => Promise.all(Array.from({ length: 20 }, (_, n) => call('echo', { value: `n${n}` }))));
await step('cancelled', async () => {
  const abort = new AbortController();
  const running = call('test_tool_with_logging', {}, { signal: abort.signal });
  setTimeout(() => abort.abort('enough'), 60);
  const outcome = await running.then(() => 'finished', () => 'cancelled');
  return { outcome, after: await call('test_simple_text') };
});
if (!isModern) {
  await step('session end', async () => {
    const had = http.sessionId !== undefined;
    await http.terminateSession();
    return { had, has: http.sessionId !== undefined };
  });
}
await step('close', () => client.close());
process.exit(0);
