//! Toolgate's own lanes: the filter as `envoy/envoy.yaml` sets it up, with the benchmark's issuer.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::tokens::{AUDIENCE, ISSUER, Tokens};
use crate::deployment::{Deployment, at};
use crate::scenario::keys::Key;

/// How a lane's policy differs from the one that is shipped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Variant {
    /// Not at all.
    AsShipped,
    /// By logging denials only.
    DenialsLogged,
    /// By 10,000 rules about tools that nobody calls.
    TenThousandRules,
    /// By a rule that asks the decision service, whose answers aren't remembered; for an approval, since all requests here
    /// are the same, and a plain question that several connections have at once is sent once for all of them.
    Asked,
    /// By the same rule, with the answers remembered.
    AskedAndRemembered,
    /// By logging denials only, and signing an assertion about every request with this key.
    Signed(Key),
}

/// The filter and its policy, as shipped but for the issuer.
pub(super) struct Policy {
    filter: Value,
    policy: Value,
}

impl Policy {
    pub(super) fn shipped(tokens: &Tokens) -> anyhow::Result<Self> {
        let Deployment { bootstrap, plugin_configuration: mut policy, .. } = Deployment::shipped()?;
        let manager = at(&bootstrap, "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config")?;
        let mut filter = at(manager, "/http_filters/0")?.clone();
        filter.as_object_mut().context("the filter is no object")?.remove("disabled");
        let identity = json!({"issuers": [{
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "algorithms": ["ES256", "RS256"],
            "jwks": {"inline": tokens.jwks()?},
            "token_type": "JWT",
        }]});
        put(&mut policy, "/identity", identity)?;
        Ok(Self { filter, policy })
    }

    /// The HTTP filter of a lane, each with a VM of its own.
    pub(super) fn filter(&self, wasm: &Path, lane: &str, variant: Variant) -> anyhow::Result<Vec<Value>> {
        let policy = self.with(variant)?;
        let mut filter = self.filter.clone();
        put(&mut filter, "/typed_config/config/vm_config/vm_id", lane)?;
        put(&mut filter, "/typed_config/config/vm_config/code", json!({"local": {"filename": wasm}}))?;
        put(&mut filter, "/typed_config/config/configuration/value", policy.to_string())?;
        Ok(vec![filter])
    }

    /// The configuration of the filter.
    pub(super) fn with(&self, variant: Variant) -> anyhow::Result<Value> {
        let mut policy = self.policy.clone();
        let rules = policy.get_mut("rules").and_then(Value::as_array_mut).context("the policy has no rules")?;
        match variant {
            Variant::AsShipped => {}
            Variant::DenialsLogged => put(&mut policy, "/audit/log", "denials")?,
            Variant::Signed(key) => {
                let assertion = json!({"key": key.private_pem(), "key_id": key.id, "issuer": ISSUER});
                put(&mut policy, "/audit", json!({"log": "denials", "assertion": assertion}))?;
            }
            Variant::TenThousandRules => rules.extend((0..10_000).map(unrelated_rule)),
            Variant::Asked => rules.push(rule_that("approve")),
            Variant::AskedAndRemembered => rules.push(rule_that("ask")),
        }
        // As long as the native filter in its lane: on a busy machine less would measure who gives up first.
        put(&mut policy, "/decision/timeout", "1s")?;
        if matches!(variant, Variant::Asked) {
            put(&mut policy, "/decision/cache", Value::Null)?;
        }
        Ok(policy)
    }
}

/// Replaces what stands at a JSON pointer.
fn put(value: &mut Value, pointer: &str, new: impl Into<Value>) -> anyhow::Result<()> {
    *value.pointer_mut(pointer).with_context(|| format!("found nothing at `{pointer}`"))? = new.into();
    Ok(())
}

fn rule_that(asks: &str) -> Value {
    json!({"id": "asked", "effect": asks, "when": {"tool": "customers.get"}})
}

fn unrelated_rule(number: usize) -> Value {
    json!({"id": format!("rule-{number}"), "effect": "deny", "when": {"agent.role": "support", "tool": format!("tool-{number}")}})
}
