// What Node understands of bodies: the same questions and answers as in `read.py`.

import { createInterface } from 'node:readline';

const hex = (text) => Buffer.from(text, 'utf8').toString('hex');

function render(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return '"' + hex(value);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value + 0);
    return '#' + bytes.toString('hex');
  }
  if (Array.isArray(value)) return '[' + value.map(render).join(',') + ']';
  return '{' + Object.keys(value).map((name) => hex(name) + ':' + render(value[name])).sort().join(',') + '}';
}

// A reader of JSON is given text: what is not UTF-8 never comes that far.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function answer(kind, body) {
  try {
    const text = decoder.decode(body);
    if (kind === 'f') return [...new URLSearchParams(text)].map(([name, value]) => hex(name) + '=' + hex(value)).join('&');
    return render(JSON.parse(text));
  } catch {
    return '!';
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(answer(line[0], Buffer.from(line.slice(1), 'hex')));
}
