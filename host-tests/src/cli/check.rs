//! `toolgate check`: is a configuration valid, what does it do, does it do what it seems to, and does an Envoy send it what
//! it expects?

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use serde_json::Value;
use toolgate::action::{ActionKind, PolicyOf, Protocol, Route, ToolFacts};
use toolgate::audit::Mode;
use toolgate::config::{self, Config, NamedPolicy};
use toolgate::policy::lint::{KnownTool, Surface, remarks};
use toolgate::policy::{Effect, Policy};

use super::{Format, output};
use crate::deployment::read_yaml;
use crate::scenario::Configuration;
use crate::wiring::{self, File, Finding, Severity};

#[derive(Serialize)]
struct Checked {
    valid: bool,
    /// Why the filter would refuse it.
    problems: Vec<Complaint>,
    /// What is valid and probably not meant.
    remarks: Vec<Complaint>,
    /// What doesn't fit between it and Envoy's own; none where that wasn't looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    envoy: Option<Vec<Finding>>,
    /// What it is about, in a few lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    summary: Vec<String>,
}

#[derive(Serialize)]
struct Complaint {
    pointer: String,
    message: String,
}

/// Whether nothing is wrong with the configuration at `path`, and between it and the bootstrap at `envoy`. A remark is no
/// fault. Without a `path`, it is the bootstrap's own configuration that is checked.
pub(super) fn run(path: Option<&Path>, envoy: Option<&Path>, format: Format) -> Result<bool> {
    let bootstrap =
        envoy.map(|path| bootstrap(path).with_context(|| format!("in `{}`", path.display()))).transpose()?;
    let written = match (path, &bootstrap) {
        (Some(path), _) => Configuration::read(path)?.json().clone(),
        (None, Some(bootstrap)) => {
            wiring::policy_of(bootstrap)?.context("Envoy's configuration holds no policy: name its file too")?
        }
        (None, None) => return Err(anyhow!("found neither a configuration nor Envoy's")),
    };
    let checked = match config::read(written.to_string().as_bytes()) {
        Ok(config) => {
            let remarks = remarked(&config);
            let envoy = bootstrap.map(|bootstrap| wiring::findings(&bootstrap, &config, &written)).transpose()?;
            Checked { valid: true, problems: Vec::new(), remarks, envoy, summary: summary(&config) }
        }
        Err(problems) => {
            let problems =
                problems.iter().map(|it| Complaint { pointer: it.pointer.clone(), message: it.message.clone() });
            Checked {
                valid: false,
                problems: problems.collect(),
                remarks: Vec::new(),
                envoy: None,
                summary: Vec::new(),
            }
        }
    };
    match format {
        Format::Json => output::json(&checked)?,
        Format::Text => output::text(&told(path.or(envoy).unwrap_or(Path::new("-")), envoy, &checked))?,
    }
    let fits = !checked.envoy.iter().flatten().any(|finding| finding.severity == Severity::Error);
    Ok(checked.valid && fits)
}

fn bootstrap(path: &Path) -> Result<Value> {
    let documents = <[Value; 1]>::try_from(read_yaml(path)?);
    let [bootstrap] = documents.map_err(|documents| anyhow!("found {} documents, expected one", documents.len()))?;
    Ok(bootstrap)
}

/// What is remarkable about the rules, and about those that some routes have of their own. A tool that any of these
/// allows is allowed.
fn remarked(config: &Config) -> Vec<Complaint> {
    let surface = surface(config);
    let about = |policy: &Policy, place: &str| {
        let (rules, tools): (Vec<_>, Vec<_>) =
            remarks(policy, &surface).into_iter().partition(|remark| remark.pointer.starts_with("/rules/"));
        let rules =
            rules.into_iter().map(|it| Complaint { pointer: format!("{place}{}", it.pointer), message: it.message });
        (rules.collect::<Vec<_>>(), tools)
    };
    let (mut found, mut tools) = about(&config.policy, "");
    for (name, named) in &config.policies {
        let Some(policy) = &named.policy else { continue };
        let (of_rules, of_tools) = about(policy, &format!("/policies/{}", name.replace('~', "~0").replace('/', "~1")));
        found.extend(of_rules);
        tools.retain(|remark| of_tools.contains(remark));
    }
    found.extend(tools.into_iter().map(|it| Complaint { pointer: it.pointer, message: it.message }));
    found.extend(guessed(config));
    found
}

/// Routes whose tools are known by nothing but their names.
fn guessed(config: &Config) -> impl Iterator<Item = Complaint> {
    let is_guessed = |route: &Route| config.tools.is_empty() && !matches!(route.protocol, Protocol::Rest);
    let routes = config.routes.0.iter().enumerate().filter(move |(_, route)| is_guessed(route));
    routes.map(|(place, route)| Complaint {
        pointer: format!("/routes/{place}"),
        message: format!(
            "what the tools of `{}` do is guessed from their names, since `tools` names none: a `fetch_all` passes for \
             reading; say of those that matter what they do, as `tools: {{crm.fetch_all: {{action: export}}}}`",
            route.server
        ),
    })
}

/// Tools and operations of REST routes, which are tools too, each where it stands.
fn surface(config: &Config) -> Surface<'_> {
    let servers = config.routes.0.iter().map(|route| route.server.as_str()).collect();
    let pointer = |name: &str| format!("/tools/{}", name.replace('~', "~0").replace('/', "~1"));
    let mut tools: Vec<_> = config.tools.exact().map(|(name, facts)| known(name, pointer(name), facts, None)).collect();
    for (place, route) in config.routes.0.iter().enumerate() {
        for (index, operation) in route.operations.iter().enumerate() {
            let pointer = format!("/routes/{place}/operations/{index}");
            tools.push(known(&operation.tool, pointer, &operation.facts, Some(&route.server)));
        }
    }
    Surface { tools, servers }
}

fn known<'c>(name: &'c str, pointer: String, facts: &'c ToolFacts, server: Option<&'c str>) -> KnownTool<'c> {
    let resource = facts.resource.as_ref().map(|(kind, _)| kind.as_str());
    KnownTool { name, pointer, action: facts.action.map(ActionKind::name), resource, server }
}

/// What the configuration is about.
fn summary(config: &Config) -> Vec<String> {
    let route = |route: &Route| {
        let mode = match (&route.policy, config.policy_of(route, None).1) {
            (PolicyOf::Metadata, _) => "by the policy that Envoy's route names",
            (_, Mode::Enforce) => "enforced",
            (_, Mode::Shadow) => "in shadow mode",
        };
        format!("{} ({}, {mode})", route.server, route.protocol.name())
    };
    let routes: Vec<_> = config.routes.0.iter().map(route).collect();
    let asked = match &config.decision {
        Some(service) => format!("asks `{}` from risk `{}` on", service.cluster, config.risk.ask_at.name()),
        None => {
            format!("refuses what has risk `{}` or more: no decision service is configured", config.risk.ask_at.name())
        }
    };
    let mut lines = vec![
        format!("policy {}, routes to {}", config.policy_version, routes.join(", ")),
        counted(&config.policy),
        asked,
    ];
    let rules = |named: &NamedPolicy| named.policy.as_ref().map_or_else(|| "the same rules".into(), counted);
    let named = config.policies.iter().map(|(name, named)| format!("policy `{name}`: {}", rules(named)));
    lines.splice(2..2, named);
    lines
}

/// How many rules a policy has, by what they do.
fn counted(policy: &Policy) -> String {
    let count = |effect: Effect| policy.rules().iter().filter(|rule| rule.effect == effect && !rule.shadow).count();
    let effects = [Effect::Deny, Effect::Approve, Effect::Ask, Effect::Allow];
    let effects = effects.map(|effect| (count(effect), effect.name()));
    let mut effects: Vec<_> =
        effects.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let tried = policy.rules().iter().filter(|rule| rule.shadow).count();
    if tried > 0 {
        effects.push(format!("{tried} tried out only"));
    }
    format!("{} rules: {}", policy.rules().len(), effects.join(", "))
}

fn told(path: &Path, envoy: Option<&Path>, checked: &Checked) -> String {
    let mut lines = Vec::new();
    for (kind, complaints) in [("error ", &checked.problems), ("remark", &checked.remarks)] {
        for Complaint { pointer, message } in complaints {
            lines.push(format!("{kind} {}\n       {message}", if pointer.is_empty() { "/" } else { pointer }));
        }
    }
    let verdict = if checked.valid { "is valid" } else { "is not valid" };
    let (problems, remarks) = (checked.problems.len(), checked.remarks.len());
    lines.push(format!("`{}` {verdict}: {problems} errors, {remarks} remarks", path.display()));
    lines.extend(checked.summary.iter().map(|line| format!("  {line}")));
    if let (Some(envoy), Some(findings)) = (envoy, &checked.envoy) {
        lines.extend(findings.iter().map(fitting));
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, remarks, unseen) = (count(Severity::Error), count(Severity::Remark), count(Severity::Unseen));
        let verdict = if errors == 0 { "fits it" } else { "does not fit it" };
        lines.push(format!(
            "`{}` {verdict}: {errors} errors, {remarks} remarks, {unseen} things not seen",
            envoy.display()
        ));
    }
    lines.join("\n")
}

/// What doesn't fit, with its place in one of the two files.
fn fitting(finding: &Finding) -> String {
    let kind = match finding.severity {
        Severity::Error => "error ",
        Severity::Remark => "remark",
        Severity::Unseen => "unseen",
    };
    let file = match finding.file {
        File::Envoy => "envoy",
        File::Policy => "policy",
    };
    format!("{kind} {file} {}\n       {}", finding.pointer, finding.message)
}
