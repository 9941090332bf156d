//! Settings of Envoy without which the filter hangs, opens, or sees another request than the tool does. `envoy/README.md`
//! argues each.

use serde_json::Value;
use toolgate::config::Config;

use super::Findings;
use super::bootstrap::{Bootstrap, Gate, Manager, text};

pub(super) fn look(bootstrap: Bootstrap<'_>, config: &Config, written: &Value, findings: &mut Findings) {
    for (manager, gate) in bootstrap.gates() {
        of_the_manager(&manager, findings);
        match gate.plugin {
            Some(plugin) => of_the_filter(&gate, plugin, config, written, findings),
            None => findings.unseen(
                &gate.pointer,
                "the filter's own configuration comes from elsewhere (`config_discovery`): its flags are not seen",
            ),
        }
    }
}

fn of_the_filter(gate: &Gate<'_>, plugin: &Value, config: &Config, written: &Value, findings: &mut Findings) {
    let at = format!("{}/typed_config/config", gate.pointer);
    let holds = is(plugin, "allow_on_headers_stop_iteration");
    if config.holds_heads && !holds {
        findings.error(
            &at,
            "`allow_on_headers_stop_iteration: true` is missing: requests with a body hang until Envoy gives them up",
        );
    }
    if !config.holds_heads && holds {
        findings.remark(
            &at,
            "heads can be held here, and the policy says `hold: body_only`: without that, nothing is lost",
        );
    }
    match text(plugin, "/failure_policy") {
        Some("FAIL_RELOAD") => {}
        Some("FAIL_OPEN") => findings.error(&at, "`failure_policy: FAIL_OPEN` lets everything through unjudged when the filter fails; `FAIL_RELOAD` is right"),
        _ if is(plugin, "fail_open") => findings.error(&at, "`fail_open: true` lets everything through unjudged when the filter fails; `failure_policy: FAIL_RELOAD` is right"),
        _ => findings.remark(&at, "without `failure_policy: FAIL_RELOAD`, a filter that fails once answers 503 until Envoy is restarted"),
    }
    if text(plugin, "/vm_config/vm_id").unwrap_or_default().is_empty() {
        findings.remark(
            &at,
            "without `vm_config.vm_id`, what the filter remembers is shared with every other filter that has none",
        );
    }
    match gate.policy() {
        Err(error) => findings.error(
            &format!("{at}/configuration"),
            format!("the filter refuses this at its start: {}", error.root_cause()),
        ),
        Ok(Some(policy)) if policy != *written => {
            let version = |policy: &Value| text(policy, "/policy_version").unwrap_or("?").to_owned();
            let message = format!(
                "holds another policy (version `{}`) than the one that is checked here (`{}`)",
                version(&policy),
                version(written)
            );
            findings.remark(&format!("{at}/configuration"), message);
        }
        Ok(_) => {}
    }
}

/// Filter and tool must see one path, and one spelling of a header.
fn of_the_manager(manager: &Manager<'_>, findings: &mut Findings) {
    let at = &manager.pointer;
    if !is(manager.value, "normalize_path") {
        findings.error(at, "`normalize_path: true` is missing: Envoy chooses a route for `/x/../mcp` by its beginning, and the server answers it as `/mcp`");
    }
    if !is(manager.value, "merge_slashes") {
        findings.error(at, "`merge_slashes: true` is missing: Envoy chooses a route for `//mcp` that most servers would answer as `/mcp`");
    }
    let slashes = text(manager.value, "/path_with_escaped_slashes_action");
    if !matches!(slashes, Some("REJECT_REQUEST" | "UNESCAPE_AND_REDIRECT" | "UNESCAPE_AND_FORWARD")) {
        findings.error(at, "`path_with_escaped_slashes_action: REJECT_REQUEST` is missing: of `%2F`, servers make one thing or another");
    }
    let underscores = text(manager.value, "/common_http_protocol_options/headers_with_underscores_action");
    if !matches!(underscores, Some("REJECT_REQUEST" | "DROP_HEADER")) {
        findings.error(
            at,
            "`common_http_protocol_options: {headers_with_underscores_action: REJECT_REQUEST}` is missing: many servers take a client's `x_agent_id` \
             for the filter's `x-agent-id`",
        );
    }
}

fn is(value: &Value, flag: &str) -> bool {
    value.get(flag) == Some(&Value::Bool(true))
}
