//! Which requests are judged: Envoy's routes beside those of the policy.

use std::collections::BTreeSet;

use serde_json::Value;
use toolgate::action::PolicyOf;
use toolgate::config::Config;

use super::bootstrap::{Bootstrap, Gate, Manager, Route, text};
use super::paths::Paths;
use super::{File, Findings, Severity};

/// A connection manager with the filter, its virtual hosts' routes beside it.
type Judging<'e> = (Manager<'e>, Gate<'e>, Vec<Vec<Route<'e>>>);

pub(super) fn look(bootstrap: Bootstrap<'_>, config: &Config, written: &Value, findings: &mut Findings) {
    let mut is_whole = bootstrap.0.pointer("/dynamic_resources/lds_config").is_none();
    if !is_whole {
        findings.unseen("/dynamic_resources/lds_config", "listeners that a management server sends are not seen");
    }
    let mut judging: Vec<Judging<'_>> = Vec::new();
    // Where one of several filters holds this very policy, the others have policies of their own.
    let mut gates = bootstrap.gates();
    let holds = |gate: &Gate<'_>| gate.policy().is_ok_and(|policy| policy.as_ref() == Some(written));
    if gates.iter().any(|(_, gate)| holds(gate)) {
        gates.retain(|(_, gate)| holds(gate));
    }
    for (manager, gate) in gates {
        match manager.hosts(Some(&gate)) {
            Some(hosts) => judging.push((manager, gate, hosts)),
            None => {
                is_whole = false;
                findings.unseen(
                    &manager.pointer,
                    "routes that a management server sends (`rds`, `scoped_routes`) are not seen",
                );
            }
        }
    }
    if judging.is_empty() && is_whole {
        findings.error("/static_resources/listeners", "no HTTP filter with Toolgate was found: nothing is judged");
        return;
    }
    for (manager, gate, hosts) in &judging {
        for (pointer, name) in manager.misspelt() {
            let message = format!(
                "no HTTP filter of this listener has the name `{name}` (Toolgate's is `{}`): Envoy passes over it",
                gate.name
            );
            findings.remark(&pointer, message);
        }
        for route in hosts.iter().flatten().filter(|route| route.is_judged) {
            judged(route, config, findings);
        }
    }
    let hosts: Vec<&[Route<'_>]> = judging.iter().flat_map(|(_, _, hosts)| hosts).map(Vec::as_slice).collect();
    expected(config, &hosts, is_whole, findings);
    beside(bootstrap, &hosts, findings);
}

/// A route on which the filter is on.
fn judged(route: &Route<'_>, config: &Config, findings: &mut Findings) {
    if route.paths.is_unknown() {
        findings.unseen(
            &format!("{}/match", route.pointer),
            "what a pattern matches is not compared with the policy's routes",
        );
        return;
    }
    let is_known = config.routes.0.iter().any(|own| route.paths.meets(&Paths::from(&own.matching)));
    let published = config.routes.0.iter().filter_map(|own| own.access.metadata.as_ref());
    if !is_known && !published.into_iter().any(|it| route.paths.meets(&Paths::of_path(&it.path))) {
        let message = format!(
            "the filter is on, and the policy has no route for {}: all of it is refused (`route.unknown`)",
            route.paths
        );
        findings.error(&route.pointer, message);
    }
}

/// What the policy has routes for comes to the filter, and nowhere else.
fn expected(config: &Config, hosts: &[&[Route<'_>]], is_whole: bool, findings: &mut Findings) {
    for (place, own) in config.routes.0.iter().enumerate() {
        let wanted = Paths::from(&own.matching);
        let taken: Vec<_> = hosts.iter().flat_map(|routes| taking(&wanted, routes)).collect();
        if is_whole && !taken.iter().any(|route| route.is_judged) {
            let message = format!(
                "no route of Envoy with the filter on is for {}: nothing that comes there is judged",
                own.matching
            );
            findings.add(Severity::Error, File::Policy, format!("/routes/{place}"), message);
        }
        for route in taken.iter().filter(|route| route.is_judged) {
            fitting(route, own, config, findings);
        }
        // A virtual host on which nothing is judged is for somebody else.
        let agents = hosts.iter().filter(|routes| routes.iter().any(|route| route.is_judged));
        let around = agents.flat_map(|routes| taking(&wanted, routes));
        for route in around.filter(|route| !route.is_judged && !route.is_left_out && leads(route)) {
            let message = format!(
                "the policy has a route for {}, and here the filter is off: requests go to {} unjudged; enable it under `typed_per_filter_config`, \
                 or write `disabled: true` there if that is meant",
                own.matching,
                clusters(route)
            );
            findings.error(&route.pointer, message);
        }
        let published = own.access.metadata.as_ref().map(|published| Paths::of_path(&published.path));
        if let Some(wanted) = published.filter(|wanted| {
            is_whole && !hosts.iter().flat_map(|routes| taking(wanted, routes)).any(|route| route.is_judged)
        }) {
            let message = format!(
                "clients that get 401 are sent to {wanted}, and no route of Envoy with the filter on is for it: they don't learn of the issuer"
            );
            findings.add(Severity::Remark, File::Policy, format!("/routes/{place}/protected_resource"), message);
        }
    }
}

/// What one judged route gets of what a route of the policy is for.
fn fitting(route: &Route<'_>, own: &toolgate::action::Route, config: &Config, findings: &mut Findings) {
    let most = u64::try_from(own.max_body).unwrap_or(u64::MAX);
    if route.buffer < most {
        let message = format!(
            "Envoy holds {} bytes of a request here, and the policy's route for {} takes {most} (`max_body`): what lies between gets a bare \
             413 from Envoy; set `request_body_buffer_limit: {most}` on this route",
            route.buffer, own.matching
        );
        findings.error(&route.pointer, message);
    }
    let named = text(route.value, "/metadata/filter_metadata/toolgate/policy");
    if own.policy == PolicyOf::Metadata && !named.is_some_and(|name| config.policies.contains_key(name)) {
        let found = named.map_or_else(|| "no policy".to_owned(), |name| format!("`{name}`"));
        let message = format!(
            "the policy's route for {} says `policy_by_metadata`, and this route names {found} under `metadata.filter_metadata.toolgate.policy`, \
             where an entry of `policies` is wanted: all of it is refused (`policy.not_chosen`)",
            own.matching
        );
        findings.error(&route.pointer, message);
    }
}

/// The routes that may get what comes to these paths: each that matches, until one takes all that is left.
fn taking<'r, 'e>(wanted: &Paths, routes: &'r [Route<'e>]) -> Vec<&'r Route<'e>> {
    let mut taking = Vec::new();
    for route in routes.iter().filter(|route| route.paths.meets(wanted)) {
        taking.push(route);
        if !route.is_conditional && route.paths.cover(wanted) {
            break;
        }
    }
    taking
}

/// Ways to the same servers that nobody judges, in any listener.
fn beside(bootstrap: Bootstrap<'_>, hosts: &[&[Route<'_>]], findings: &mut Findings) {
    let routes = hosts.iter().copied().flatten();
    let guarded: BTreeSet<&str> =
        routes.filter(|route| route.is_judged).flat_map(|route| route.clusters.iter().copied()).collect();
    for manager in bootstrap.managers() {
        let gate = manager.gate();
        for route in manager.hosts(gate.as_ref()).into_iter().flatten().flatten() {
            let meant = gate.is_some() && route.is_left_out;
            let Some(cluster) = route.clusters.iter().find(|cluster| guarded.contains(*cluster)) else { continue };
            if !route.is_judged && !meant {
                let message = format!(
                    "leads to `{cluster}`, as judged routes do, and isn't judged: whatever the server there takes for another spelling of a tool's path \
                     goes by unseen"
                );
                findings.remark(&route.pointer, message);
            }
        }
    }
}

/// Whether requests go on from there to somebody.
fn leads(route: &Route<'_>) -> bool {
    route.value.get("route").is_some()
}

fn clusters(route: &Route<'_>) -> String {
    let names: Vec<_> = route.clusters.iter().map(|cluster| format!("`{cluster}`")).collect();
    if names.is_empty() { "a cluster that a header names".into() } else { names.join(", ") }
}
