// Holds manifests to the schemas of the APIs that they are written in. Usage: node check.mjs FILE…
//
// A cluster drops fields that its API doesn't have, without a word. So each manifest is compiled as TypeScript first, where an
// unknown field is an error; then the API's own validator looks at the values.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const PACKAGES = {
  'extensions.istio.io': '@kubernetes-models/istio',
  'networking.istio.io': '@kubernetes-models/istio',
  'gateway.envoyproxy.io': '@kubernetes-models/envoy-gateway',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
};

const documents = process.argv.slice(2).flatMap((file) =>
  YAML.parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length) throw new Error(`${file}: ${document.errors[0].message}`);
    const value = document.toJS();
    const group = value.apiVersion.split('/')[0];
    if (!PACKAGES[group]) throw new Error(`${file}: nobody here knows the API ${value.apiVersion}`);
    return { file, value, module: `${PACKAGES[group]}/${value.apiVersion}/${value.kind}` };
  }));

const typed = documents.map(({ value, module }, number) =>
  `import { I${value.kind} as T${number} } from "${module}";\nconst d${number}: T${number} = ${JSON.stringify(value, null, 1)};\n`);
const source = join(here, 'manifests.ts');
writeFileSync(source, `${typed.join('')}export {${documents.map((_, number) => `d${number}`).join(', ')}};\n`);
const compiler = join(here, 'node_modules', 'typescript', 'bin', 'tsc');
const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
const compiled = spawnSync(process.execPath, [compiler, ...flags, source], { stdio: 'inherit', cwd: here });
if (compiled.status !== 0) process.exit(1);

for (const { file, value, module } of documents) {
  const model = (await import(module))[value.kind];
  new model(value).validate();
  console.log(`ok: ${file}: ${value.kind} ${value.metadata.namespace}/${value.metadata.name}`);
}
