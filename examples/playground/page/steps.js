"use strict";
// An explanation, or an audit record, as a list of steps. Every value goes into the page as a text node.

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// What stands in backticks, as code.
function prose(told) {
  return String(told).split("`").map((part, place) => (place % 2 ? element("code", "", part) : part));
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const code = (value) => element("code", "", text(value));

const MARKS = { done: ["✓", ""], open: ["?", "not known here"], refused: ["✗", "refused here"], unreached: ["·", "not reached"] };

function step(title, state, ...children) {
  const [mark, note] = MARKS[state];
  const sign = element("span", "mark", mark);
  sign.setAttribute("aria-hidden", "true");
  const heading = element("h2", "", sign, title, note ? element("small", "", note) : null);
  return element("li", `step ${state}`, heading, ...(state === "unreached" ? [] : children));
}

function facts(pairs) {
  const list = element("dl", "");
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    list.append(element("dt", "", name), element("dd", "", ...(Array.isArray(value) ? value : [text(value)])));
  }
  return list;
}

function more(title, value) {
  return element("details", "", element("summary", "", title), element("pre", "", JSON.stringify(value, null, 2)));
}

const SOURCES = {
  operator: "the policy's `tools` or `operations` say so",
  protocol: "the protocol's own method says so",
  name: "read from the tool's name; say it under `tools` to be sure",
  parameter: "from the HTTP method or a parameter",
  nothing: "nothing tells; say it under `tools`",
};

function tokenStep(token, refused) {
  const pairs = token && [
    ["agent", token.agent], ["user", token.user], ["actors", (token.actors ?? []).join(" → ")], ["role", token.role], ["tenant", token.tenant],
    ["session", token.session], ["task", token.task], ["intent", token.intent],
    ["scopes", (token.scopes ?? []).join(" ")], ["issuer", token.issuer],
  ];
  return step("Whose token is this?", token ? "done" : "refused", token ? facts(pairs) : refused);
}

function routeStep(route, state, refused) {
  const told = route && element("p", "", `${route.protocol.toUpperCase()} on ${route.matching.replaceAll("`", "")}, server `, code(route.server));
  return step("Where does it go?", state, told || refused);
}

function actionStep(action, state, method, refused) {
  if (!action) {
    const passes = element("p", "", "Part of the protocol (", code(method ?? ""), "): nothing to decide.");
    return step("What would it do?", state, state === "refused" ? refused : passes);
  }
  const resource = action.resource && `${action.resource.type} ${action.resource.id || action.resource.id_digest || ""}`;
  return step("What would it do?", state, facts([
    ["action", action.kind], ["known from", prose(SOURCES[action.source] ?? action.source)], ["tool", action.tool], ["resource", resource],
  ]));
}

function riskStep(risk, question = "How risky is that?") {
  if (!risk) return step(question, "unreached");
  const bar = element("i", "");
  bar.style.width = `${Math.min(100, Number(risk.score) || 0)}%`;
  const meter = element("div", `meter ${risk.level}`, bar);
  meter.setAttribute("aria-hidden", "true");
  const asks = risk.ask_at ? `; the decision service is asked from ${risk.ask_at} on` : "";
  const findings = element("ul", "list");
  for (const found of risk.findings ?? []) {
    const weight = risk.weights?.[found.code];
    findings.append(element("li", "",
      element("span", "tag weight", weight === undefined ? "" : `+${weight}`),
      element("span", "", element("b", "", found.code), " at ", code(found.pointer || "/"), ": ", ...prose(found.detail))));
  }
  return step(question, "done",
    element("p", "", element("b", "", `${risk.level}, ${risk.score} of 100`), element("span", "soft", asks)),
    meter,
    risk.base === undefined ? null : element("p", "soft", `${risk.base} for what kind of action it is, and for what was found:`),
    risk.findings?.length ? findings : element("p", "soft", "nothing in the parameters."));
}

function ruleLine(rule) {
  const why = {
    matched: () => ["every condition holds"],
    unmatched: () => [code(rule.condition ?? ""), " doesn't hold: found ", rule.found === null ? "nothing there" : code(rule.found)],
    failed: () => [code(rule.condition ?? ""), " can't be compared with ", code(rule.found), ", which denies"],
  }[rule.outcome]();
  const decides = rule.decides ? element("b", "", " · decides") : null;
  return element("li", rule.decides ? "decides" : "",
    element("span", `tag ${rule.effect}`, rule.effect),
    element("span", "", element("b", "", rule.id), " ", rule.outcome === "matched" ? "matches: " : "", ...why, decides));
}

function rulesStep(explanation, refused) {
  if (!explanation.risk) return step("May it?", "unreached");
  // What matched comes first: with a thousand rules it is what one looks for.
  const order = { failed: 0, matched: 1, unmatched: 2 };
  const rules = [...explanation.rules].sort((one, other) => other.decides - one.decides || order[one.outcome] - order[other.outcome]);
  const [first, rest] = [rules.slice(0, SHOWN), rules.slice(SHOWN)];
  const list = element("ul", "list", ...first.map(ruleLine));
  const others = rest.length ? element("details", "", element("summary", "", `${rest.length} more rules`), element("ul", "list", ...rest.map(ruleLine))) : null;
  const by_policy = explanation.reason?.startsWith("policy.");
  const none = explanation.rules.length ? null : element("p", "", "The policy has no rules: everything is denied.");
  return step("May it?", by_policy ? "refused" : "done", by_policy ? refused : null, none, list, others);
}

const SHOWN = 50;

function decisionStep(explanation, refused) {
  const refusal = explanation.reason?.startsWith("decision.");
  if (!explanation.asked && !refusal) return null;
  const told = refusal ? refused : element("p", "", "It would be asked this, and has the last word. It isn't asked from here.");
  return step("What does the decision service say?", refusal ? "refused" : "open", told,
    explanation.question ? more("The question (AuthZEN)", explanation.question) : null);
}

function explanationSteps(explanation) {
  const refused = explanation.reason && element("p", "", code(explanation.reason), " ", ...prose(explanation.detail));
  const { token, route, action } = explanation;
  const passes = token && route && !explanation.reason;
  return [
    tokenStep(token, refused),
    routeStep(route, route ? "done" : token ? "refused" : "unreached", refused),
    actionStep(action, action || passes ? "done" : route ? "refused" : "unreached", explanation.method, refused),
    riskStep(explanation.risk),
    rulesStep(explanation, refused),
    decisionStep(explanation, refused),
    explanation.answer && element("li", "step", more(`What the agent gets to read: ${explanation.answer.status}`, explanation.answer.body)),
  ].filter(Boolean);
}

// What the core tells of a record, step by step; the command line writes the same.
function recordSteps(opened, again) {
  const steps = opened.steps.map(({ question, state, said, facts: pairs, risk }) => (risk ? riskStep(risk, question)
    : step(question, state, ...said.map((line) => element("p", "", ...prose(line))), pairs.length ? facts(pairs) : null)));
  if (!opened.call) return steps;
  const button = element("button", "", "Try this call on the policy");
  button.type = "button";
  button.addEventListener("click", again);
  return [...steps, element("li", "step", element("p", "", "The record has no arguments, only their digest: add them."), button)];
}
