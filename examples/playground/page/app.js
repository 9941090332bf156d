"use strict";
// Ties the texts, the core and the list of steps together.

const at = (id) => document.getElementById(id);
const [policy, call, sample, share, shared, verdict, steps] =
  ["policy", "call", "sample", "share", "shared", "verdict", "steps"].map(at);

const VERDICTS = { forward: "✓ Forwarded", reject: "✗ Rejected", ask: "? Decision service decides" };

function show(kind, title, detail) {
  verdict.className = `verdict ${kind}`;
  verdict.replaceChildren(element("strong", "", title), element("span", "", ...prose(detail)));
}

function problems(field, found) {
  field.setAttribute("aria-invalid", String(found.length > 0));
  const lines = found.map(({ pointer, message }) => element("li", "", code(pointer || "/"), " ", ...prose(message)));
  at(`${field.id}-problems`).replaceChildren(...lines);
}

function judge() {
  const opened = JSON.parse(wasm_bindgen.record(call.value));
  if (opened) return open(opened);
  const told = JSON.parse(wasm_bindgen.explain(policy.value, call.value, Math.floor(Date.now() / 1000)));
  problems(policy, told.policy ?? []);
  problems(call, told.call ?? []);
  const explanation = told.explanation;
  if (!explanation) {
    const what = told.policy ? "The policy" : "The call";
    const found = told.policy ?? told.call;
    show("problem", `${what} can't be used`, `${found.length} problem${found.length > 1 ? "s" : ""}, listed below it`);
    return steps.replaceChildren();
  }
  show(explanation.verdict, VERDICTS[explanation.verdict], explanation.summary.replace(/^(rejected|forwarded): /, ""));
  steps.replaceChildren(...explanationSteps(explanation));
}

// An audit record, as the core and the command line tell it.
function open(opened) {
  problems(policy, []);
  problems(call, []);
  show(opened.verdict, `${opened.verdict === "forward" ? "✓" : "✗"} ${opened.title}`, opened.why);
  steps.replaceChildren(...recordSteps(opened, () => {
    put({ call: JSON.stringify(opened.call, null, 2) });
    call.focus();
  }));
}

function put(state) {
  if (state.policy !== undefined) policy.value = state.policy;
  if (state.call !== undefined) call.value = state.call;
  judge();
}

function choose(place) {
  const [, wanted] = SAMPLES[place];
  put({ policy: SAMPLE_POLICY, call: typeof wanted === "string" ? wanted : JSON.stringify(wanted, null, 2) });
}

async function from_link() {
  const fragment = location.hash.slice(1);
  if (!fragment.startsWith("s=")) return false;
  try {
    put(await unpacked(fragment.slice(2)));
    return true;
  } catch {
    shared.textContent = "This link can't be read.";
    return false;
  }
}

async function copy_link() {
  const link = new URL(location.href);
  link.hash = `s=${await packed({ policy: policy.value, call: call.value })}`;
  history.replaceState(null, "", link);
  try {
    await navigator.clipboard.writeText(link.href);
    shared.textContent = "Copied. The link holds the policy and the call.";
  } catch {
    shared.textContent = "The address bar has the link now. It holds the policy and the call.";
  }
}

let waiting;
for (const field of [policy, call]) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(judge, 120);
  });
}
SAMPLES.forEach(([name], place) => sample.append(new Option(name, String(place))));
sample.addEventListener("change", () => choose(Number(sample.value)));
share.addEventListener("click", copy_link);
addEventListener("hashchange", from_link);
from_link().then((found) => found || choose(0));
