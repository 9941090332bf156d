// Runs a WASI program: node wasi.mjs PROGRAM [ARGUMENT…]
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args] });
// What the filter asks of Envoy is linked along; a benchmark calls none of it.
const env = new Proxy({}, { get: (_, name) => () => { throw new Error(`${name} was called`); } });
const { instance } = await WebAssembly.instantiate(readFileSync(program), { ...wasi.getImportObject(), env });
// And so is how the filter begins; this one begins as a program does.
const { memory, _start } = instance.exports;
wasi.start({ exports: { memory, _start } });
