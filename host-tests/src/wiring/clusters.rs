//! The clusters through which the policy has something asked or fetched are there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bootstrap::{Bootstrap, items, text};
use super::{File, Findings, Severity};

/// Parts of a policy that name clusters, each under the name `cluster`; in the others that word is an operator's own.
const NAMING: [&str; 3] = ["identity", "decision", "audit"];

pub(super) fn look(bootstrap: Bootstrap<'_>, written: &Value, findings: &mut Findings) {
    let there: BTreeSet<_> =
        items(bootstrap.0, "/static_resources/clusters").filter_map(|(it, _)| text(it, "/name")).collect();
    let is_whole = bootstrap.0.pointer("/dynamic_resources/cds_config").is_none();
    let mut named = Vec::new();
    for part in NAMING {
        walk(written.get(part).unwrap_or(&Value::Null), &format!("/{part}"), &mut named);
    }
    for (pointer, cluster) in named.into_iter().filter(|(_, cluster)| !there.contains(cluster)) {
        if is_whole {
            let message = format!("Envoy has no cluster `{cluster}`: whatever goes through it fails");
            findings.add(Severity::Error, File::Policy, pointer, message);
        } else {
            let message = format!(
                "the cluster `{cluster}` isn't in the file; clusters that a management server sends are not seen"
            );
            findings.add(Severity::Unseen, File::Policy, pointer, message);
        }
    }
}

fn walk<'v>(value: &'v Value, at: &str, named: &mut Vec<(String, &'v str)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match value.as_str().filter(|_| name == "cluster") {
                    Some(cluster) => named.push((at, cluster)),
                    None => walk(value, &at, named),
                }
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                walk(value, &format!("{at}/{place}"), named);
            }
        }
        _ => {}
    }
}
