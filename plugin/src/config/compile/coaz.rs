//! `decision.coaz`, and the mappings of tools that count under it.

use crate::config::problem::Problems;
use crate::config::raw::{Config, DecisionProtocol, EffectName, OnError, ProtocolName, WithoutDecision};
use crate::decision::{Coaz, Declared, InvalidMapping};

/// The binding, where the operator wants it.
pub(super) fn compile(raw: &Config, problems: &mut Problems) -> Option<Coaz> {
    let Some((decision, settings)) =
        raw.decision.as_ref().and_then(|decision| Some((decision, decision.coaz.as_ref()?)))
    else {
        let useless = "found without `decision.coaz`, under which alone it counts";
        for (name, _) in raw.tools.iter().filter(|(_, tool)| tool.mapping.is_some()) {
            problems.add(format!("/tools/{}/x-authzen-mapping", super::token(name)), useless);
        }
        for (name, _) in raw.servers.iter().filter(|(_, server)| server.trust_mappings) {
            problems.add(format!("/servers/{}/trust_mappings", super::token(name)), useless);
        }
        return None;
    };
    if decision.protocol != DecisionProtocol::Authzen {
        problems.add("/decision/coaz", "found beside another protocol than `authzen`, whose binding it is");
    }
    if settings.subject_claim.is_empty() {
        problems.add("/decision/coaz/subject_claim", "found an empty text; the name of a claim would be right");
    }
    // COAZ framework, "Fail-Closed Enforcement".
    if let OnError::ByRisk(levels) = &decision.on_error {
        for (level, _) in levels.iter().filter(|(_, without)| **without == WithoutDecision::DangerouslyAllow) {
            let place = format!("/decision/on_error/{}", super::token(level));
            problems.add(place, "found `dangerously_allow`; under `decision.coaz` nothing goes on without a permit");
        }
    }
    untold(raw, settings.gate_context, problems);
    let mut coaz = Coaz::new(settings.subject_claim.clone(), settings.gate_context);
    let mut report = |place: String, declared: Result<Declared, Vec<InvalidMapping>>| match declared {
        Ok(Declared { asks_several: true }) if !decision.evaluations => {
            let complaint = "found `evaluations`, which the decision service is asked only with `decision.evaluations`";
            problems.add(place, complaint);
        }
        Ok(_) => {}
        Err(invalid) => invalid.into_iter().for_each(|it| problems.add(format!("{place}{}", it.pointer), it.complaint)),
    };
    for (entry, (name, tool)) in raw.tools.iter().enumerate() {
        if let Some(written) = &tool.mapping {
            report(format!("/tools/{}/x-authzen-mapping", super::token(name)), coaz.declare(entry, written));
        }
    }
    for (name, server) in raw.servers.iter().filter(|(_, server)| server.trust_mappings) {
        for (index, tool) in server.tools.iter().enumerate() {
            if let Some(written) = &tool.input_schema.mapping {
                let place = format!("/servers/{}/tools/{index}/inputSchema/x-authzen-mapping", super::token(name));
                report(place, coaz.learn(name, &tool.name, written));
            }
        }
    }
    Some(coaz)
}

/// What rules want of the decision service it must be told.
fn untold(raw: &Config, tells: bool, problems: &mut Problems) {
    if tells || !raw.routes.iter().any(|route| route.protocol == ProtocolName::Mcp) {
        return;
    }
    let rules = raw.rules.iter().chain(raw.policies.values().filter_map(|policy| policy.rules.as_ref()).flatten());
    for rule in rules {
        let wants = match (rule.effect, &rule.credential) {
            (EffectName::Approve, _) => "a person's approval",
            (_, Some(_)) => "a credential",
            _ => continue,
        };
        problems.add(
            "/decision/coaz/gate_context",
            format!("found `false`, but rule `{}` wants {wants}, which the decision service learns of there", rule.id),
        );
    }
}
