//! A configuration, as the filter will get it: a file, with changes, and with keys for which tokens can be minted.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::keys::{self, Key};

/// The filter's configuration as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration(Value);

/// One issuer, as far as minting a token for it needs.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// `iss`
    pub name: String,
    /// What goes into `aud`.
    pub audience: String,
    /// What goes into `typ`.
    pub token_type: String,
    /// The claim that names the agent.
    pub agent_claim: String,
    /// The allowed algorithm that a token is signed with unless something else is wanted.
    pub key: &'static Key,
}

impl Configuration {
    /// Reads a YAML or JSON file.
    ///
    /// # Errors
    /// When it can't be read or is neither.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        Self::parse(&text).with_context(|| format!("in `{}`", path.display()))
    }

    /// Reads YAML, and so JSON.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(serde_saphyr::from_str(text).context("neither YAML nor JSON")?))
    }

    /// As JSON.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.0
    }

    /// With a JSON merge patch (RFC 7396) applied.
    #[must_use]
    pub fn patched(mut self, patch: &Value) -> Self {
        merge(&mut self.0, patch);
        self
    }

    /// With our own keys among those of each issuer, so that we can mint its tokens. An issuer whose keys are
    /// fetched has only ours, unless somebody plays its server; a decision service that tells where it is asked is asked at
    /// the usual places.
    #[must_use]
    pub fn with_test_keys(mut self, played: bool) -> Self {
        if let Some(documents) = self.0.pointer_mut("/identity/task_documents")
            && !(played && documents.pointer("/jwks/uri").is_some())
        {
            add_test_keys(documents);
        }
        if let Some(decision) = self.0.get_mut("decision").and_then(Value::as_object_mut).filter(|_| !played) {
            decision.remove("discover");
        }
        let issuers = self.0.pointer_mut("/identity/issuers").and_then(Value::as_array_mut);
        for issuer in issuers.into_iter().flatten() {
            let is_opaque = issuer.get("introspection").is_some();
            let is_fetched = ["/jwks/uri", "/jwks/discover"].iter().any(|place| issuer.pointer(place).is_some());
            if is_opaque || (played && is_fetched) {
                continue;
            }
            add_test_keys(issuer);
            if let Some(fields) = issuer.as_object_mut().filter(|_| !played) {
                fields.remove("revocations");
            }
        }
        self
    }

    /// With what issuers publish at places of this scenario's own: all scenarios share one Envoy and its shared data.
    #[must_use]
    pub fn with_own_places(mut self, scenario: &str) -> Self {
        if let Some(uri) = self.0.pointer_mut("/identity/task_documents/jwks/uri") {
            *uri = own_uri(uri, scenario);
        }
        if let Some(decision) = self.0.get_mut("decision").filter(|decision| decision.get("discover").is_some())
            && let Some(url) = decision.get_mut("url")
        {
            *url = format!("https://pdp.example.com/{scenario}").into();
        }
        let issuers = self.0.pointer_mut("/identity/issuers").and_then(Value::as_array_mut);
        for issuer in issuers.into_iter().flatten().filter_map(Value::as_object_mut) {
            let lists = issuer.get_mut("status_lists").and_then(Value::as_array_mut);
            let mut uris: Vec<_> = lists.into_iter().flatten().filter_map(|list| list.get_mut("uri")).collect();
            for uri in &mut uris {
                **uri = own_uri(uri, scenario);
            }
            for name in ["jwks", "revocations", "introspection"] {
                if let Some(uri) = issuer.get_mut(name).and_then(|it| it.get_mut("uri")) {
                    *uri = own_uri(uri, scenario);
                }
            }
            // Where its metadata are says its own name.
            if issuer.get("jwks").is_some_and(|jwks| jwks.get("discover").is_some()) {
                let name = issuer.get("issuer").and_then(Value::as_str).unwrap_or_default();
                let own = name.replacen(ISSUER, &format!("{ISSUER}/{scenario}"), 1);
                issuer.insert("issuer".into(), own.into());
            }
        }
        self
    }

    /// The status list that a scenario means by `uri`: the one of the configuration whose URI ends alike.
    #[must_use]
    pub fn status_list(&self, uri: &str) -> Option<&str> {
        let last = |uri: &str| uri.rsplit('/').next().map(str::to_owned);
        let issuers = self.0.pointer("/identity/issuers")?.as_array()?.iter();
        let lists = issuers.filter_map(|issuer| issuer.get("status_lists")?.as_array()).flatten();
        lists.filter_map(|list| list.get("uri")?.as_str()).find(|known| last(known) == last(uri))
    }

    /// The issuer called `name`, else the first.
    #[must_use]
    pub fn issuer(&self, name: Option<&str>) -> Option<Issuer> {
        let issuers = self.0.pointer("/identity/issuers")?.as_array()?;
        let named = name
            .and_then(|name| issuers.iter().find(|issuer| issuer.get("issuer").and_then(Value::as_str) == Some(name)));
        let issuer = named.or_else(|| issuers.first())?;
        let text = |pointer: &str| issuer.pointer(pointer).and_then(Value::as_str);
        let allowed = allowed_algorithms(issuer);
        Some(Issuer {
            name: text("/issuer").unwrap_or_default().into(),
            audience: text("/audiences/0").unwrap_or_default().into(),
            token_type: text("/token_type").unwrap_or("at+jwt").into(),
            agent_claim: text("/claims/agent").unwrap_or("client_id").into(),
            key: keys::ALL.iter().find(|key| key.is_one_of(&allowed)).unwrap_or(&keys::ES256),
        })
    }

    /// The text at this place of what is said of signed task documents.
    #[must_use]
    pub fn documents(&self, pointer: &str) -> Option<&str> {
        self.0.pointer("/identity/task_documents")?.pointer(pointer)?.as_str()
    }

    /// The key that task documents are signed with: the first allowed one.
    #[must_use]
    pub fn documents_key(&self) -> Option<&'static Key> {
        let allowed = allowed_algorithms(self.0.pointer("/identity/task_documents")?);
        keys::ALL.iter().find(|key| key.is_one_of(&allowed))
    }

    /// The path of the first route that speaks `protocol`.
    #[must_use]
    pub fn path_of(&self, protocol: &str) -> Option<&str> {
        let routes = self.0.get("routes")?.as_array()?;
        let route = routes.iter().find(|route| route.get("protocol").and_then(Value::as_str) == Some(protocol))?;
        route.pointer("/match/path").or_else(|| route.pointer("/match/prefix"))?.as_str()
    }
}

/// The server behind [`ISSUER_CLUSTER`](super::gateway::ISSUER_CLUSTER).
pub(super) const ISSUER: &str = "https://idp.example.com";

/// `https://idp.example.com/jwks` as `https://idp.example.com/<scenario>/jwks`.
fn own_uri(uri: &Value, scenario: &str) -> Value {
    let own = || {
        let (scheme, rest) = uri.as_str()?.split_once("://")?;
        let (authority, path) = rest.split_once('/')?;
        Some(format!("{scheme}://{authority}/{scenario}/{}", path.rsplit('/').next()?))
    };
    own().map_or_else(|| uri.clone(), Value::from)
}

/// Our own keys for the algorithms of whoever signs, beside its own.
fn add_test_keys(signer: &mut Value) {
    let mut own: Vec<Value> =
        signer.pointer("/jwks/inline/keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let allowed = allowed_algorithms(signer);
    own.extend(keys::ALL.iter().filter(|key| key.is_one_of(&allowed)).map(|key| key.public_jwk()));
    if let Some(fields) = signer.as_object_mut() {
        fields.insert("jwks".into(), json!({"inline": {"keys": own}}));
    }
}

fn allowed_algorithms(issuer: &Value) -> Vec<&str> {
    let listed = issuer.get("algorithms").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// RFC 7396, section 2. A text `<absent>` stands for null, which TOML doesn't have.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(fields) = target else { return };
    for (name, change) in changes {
        if change.is_null() || change == "<absent>" {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_replaces_removes_and_keeps() {
        let config = Configuration(json!({"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 3}));
        let patched = config.patched(&json!({"a": {"b": 9, "n": {"m": 1}}, "d": [3], "e": "<absent>"}));
        assert_eq!(patched.json(), &json!({"a": {"b": 9, "c": 2, "n": {"m": 1}}, "d": [3]}));
    }

    #[test]
    fn an_issuer_gets_our_keys_beside_its_own_and_only_for_what_it_allows() {
        let config = Configuration(json!({"identity": {"issuers": [
            {"issuer": "a", "algorithms": ["EdDSA"], "jwks": {"inline": {"keys": [{"kid": "theirs"}]}}},
            {"issuer": "b", "algorithms": ["ES256", "RS256"], "jwks": {"cluster": "idp", "uri": "https://idp"}},
        ]}}));
        let config = config.with_test_keys(false);
        let kids = |index: usize| -> Vec<String> {
            let keys = config.json().pointer(&format!("/identity/issuers/{index}/jwks/inline/keys"));
            keys.unwrap().as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().into()).collect()
        };
        assert_eq!(kids(0), ["theirs", "toolgate-eddsa"]);
        assert_eq!(kids(1), ["toolgate-es256", "toolgate-rs256"]);
    }
}
