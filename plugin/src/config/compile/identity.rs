//! `identity`: from names and texts to keys and durations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::super::problem::Problems;
use super::super::raw;
use super::published::Written;
use super::{jwks, possession, profile};
use crate::token::{Bindings, ClaimPath, Content, Identity, Issuer, Keys, ListSource, Mapping, Publication};

/// Longer than this no two clocks differ that anybody looks after, and every second of it is one more for a stolen token.
const MAX_SKEW: Duration = Duration::from_secs(300);

/// Compiles `identity`. Everything that is wrong goes to `problems`, with its place in the whole configuration;
/// `None` exactly when something is. `details`: whether what tokens grant in detail is checked later on.
pub fn identity(raw: &raw::Identity, details: bool, problems: &mut Problems) -> Option<Identity> {
    let mut sound = true;
    if raw.issuers.is_empty() {
        problems.add("/identity/issuers", "no issuer was found; name at least one, else no token can be accepted");
        sound = false;
    }
    let possession = possession::possession(raw, problems);
    let can = possession.clone().unwrap_or_default();
    let (mut issuers, mut publications) = (Vec::new(), Vec::new());
    let mut names = BTreeSet::new();
    let opaque = raw.issuers.iter().enumerate().filter(|(_, issuer)| issuer.profile == raw::Profile::Opaque);
    for (at, _) in opaque.skip(1) {
        let message = "a second issuer of opaque tokens was found, and nothing tells whose token one is";
        problems.add(format!("/identity/issuers/{at}/profile"), message);
        sound = false;
    }
    for (at, issuer) in raw.issuers.iter().enumerate() {
        let place = format!("/identity/issuers/{at}");
        // One that issues JWTs and opaque tokens has an entry for each.
        if !names.insert((&issuer.issuer, issuer.profile == raw::Profile::Opaque)) {
            let message = format!("`{}` was found twice; give each issuer one entry", issuer.issuer);
            problems.add(format!("{place}/issuer"), message);
            sound = false;
        }
        match compile(issuer, (can.bindings(issuer.require_binding), details), &place, &mut publications, problems) {
            Some(issuer) => issuers.push(issuer),
            None => sound = false,
        }
    }
    sound &= metadata_is_sound(raw.resource_metadata.as_deref(), problems);
    let possession = possession?;
    sound.then(|| Identity::new(issuers, publications, raw.resource_metadata.clone()).with_possession(possession))
}

/// RFC 9728 section 5.1 wants a URL, and a header must be able to carry it.
fn metadata_is_sound(url: Option<&str>, problems: &mut Problems) -> bool {
    let Some(url) = url else { return true };
    let sound =
        (url.starts_with("https://") || url.starts_with("http://")) && url.bytes().all(|b| b.is_ascii_graphic());
    if !sound {
        problems.add("/identity/resource_metadata", format!("`{url}` was found; an absolute URL in ASCII is needed"));
    }
    sound
}

fn compile(
    raw: &raw::Issuer,
    (bindings, details): (Bindings, bool),
    place: &str,
    publications: &mut Vec<Publication>,
    problems: &mut Problems,
) -> Option<Issuer> {
    let mut sound = true;
    let mut complain = |field: &str, message: String| {
        problems.add(format!("{place}/{field}"), message);
        sound = false;
    };
    if raw.issuer.is_empty() {
        complain("issuer", "an empty text was found; write the exact `iss` of its tokens".into());
    }
    if raw.audiences.is_empty() {
        complain("audiences", "no audience was found; name the resource that this gateway protects".into());
    }
    for (at, audience) in raw.audiences.iter().enumerate().filter(|(_, audience)| audience.is_empty()) {
        complain(&format!("audiences/{at}"), format!("`{audience}` was found; an audience is not empty"));
    }
    if let Some(message) = profile::algorithms(raw) {
        complain("algorithms", message);
    }
    if bindings == (Bindings { required: true, ..Bindings::default() }) {
        let message = "`true` was found, and no binding can be verified; configure `identity.dpop` or `identity.client_certificate`";
        complain("require_binding", message.into());
    }
    let profile = profile::profile(raw).map_err(|(field, message)| complain(field, message)).ok();
    let max_lifetime = duration(&raw.max_lifetime, None).map_err(|message| complain("max_lifetime", message)).ok();
    let clock_skew = duration(&raw.clock_skew, Some(MAX_SKEW)).map_err(|message| complain("clock_skew", message)).ok();
    let mapping = mapping(&raw.claims, &mut complain);
    let actors = profile::actors(raw.actors.as_deref(), &mut complain);
    let mut required = Vec::new();
    for (at, text) in raw.required_claims.iter().enumerate() {
        match ClaimPath::read(text) {
            Ok(path) => required.push(path),
            Err(_) => complain(&format!("required_claims/{at}"), not_a_claim(text)),
        }
    }
    let keys = keys(raw, place, publications, problems);
    let revocations = match &raw.revocations {
        None => Some(None),
        Some(written) => {
            let written = Written::of_revocations(written);
            let feed = written.compile(Content::Revocations, &format!("{place}/revocations"), problems);
            feed.map(|feed| Some(publish(publications, feed)))
        }
    };
    let mut status_lists = Vec::new();
    for (at, written) in raw.status_lists.iter().enumerate() {
        let content = keys.as_ref().map(|keys| {
            let (uri, algorithms, keys) = (written.uri.clone(), raw.algorithms.clone(), keys.clone());
            Content::Statuses(Box::new(ListSource { uri, algorithms, keys }))
        });
        let place = format!("{place}/status_lists/{at}");
        let list = Written::of_status_list(written).compile(content.unwrap_or(Content::Revocations), &place, problems);
        status_lists.push(list.map(|list| (written.uri.clone(), publish(publications, list))));
    }
    if !sound {
        return None;
    }
    Some(Issuer {
        issuer: raw.issuer.clone(),
        audiences: raw.audiences.clone(),
        profile: profile?,
        algorithms: raw.algorithms.clone(),
        keys: keys?,
        revocations: revocations?,
        status_lists: status_lists.into_iter().collect::<Option<_>>()?,
        max_lifetime: max_lifetime?,
        clock_skew: clock_skew?,
        max_actors: usize::from(raw.max_actors),
        required,
        actors,
        bindings,
        details,
        mapping: mapping?,
    })
}

/// The issuer's keys, or where they are fetched.
fn keys(raw: &raw::Issuer, place: &str, publications: &mut Vec<Publication>, problems: &mut Problems) -> Option<Keys> {
    if raw.profile == raw::Profile::Opaque {
        return Some(Keys::Inline(Vec::new()));
    }
    let place = format!("{place}/jwks");
    if let Some(inline) = &raw.jwks.inline {
        if raw.jwks.cluster.is_some() || raw.jwks.uri.is_some() || raw.jwks.discover.is_some() {
            // Written out and fetched at once is a mistake, which is complained of there.
            Written::of_jwks(&raw.jwks, &raw.issuer, &place, problems)?;
        }
        let keys = jwks::keys(inline, &raw.algorithms, &format!("{place}/inline"), problems)?;
        return Some(Keys::Inline(keys.into_iter().map(Arc::new).collect()));
    }
    let mut written = Written::of_jwks(&raw.jwks, &raw.issuer, &place, problems)?;
    let found_in = match raw.jwks.discover {
        None => None,
        Some(_) => {
            let metadata = written.compile(Content::Metadata(raw.issuer.clone()), &place, problems)?;
            written.kind = "jwks";
            Some(publish(publications, metadata))
        }
    };
    let content = Content::Keys { algorithms: raw.algorithms.clone(), found_in };
    let set = written.compile(content, &place, problems)?;
    Some(Keys::Published(publish(publications, set)))
}

/// The place of `publication` among those of all issuers.
fn publish(publications: &mut Vec<Publication>, publication: Publication) -> usize {
    publications.push(publication);
    publications.len().saturating_sub(1)
}

fn not_a_claim(text: &str) -> String {
    format!("`{text}` was found; the name of a claim is needed, or a JSON pointer such as `/realm/roles/0`")
}

/// A duration such as `15m`, or the complaint about it. Where there is no longest one, zero is none either.
fn duration(raw: &str, longest: Option<Duration>) -> Result<Duration, String> {
    let duration = humantime::parse_duration(raw)
        .map_err(|_| format!("`{raw}` was found; a duration such as `30s` or `15m` is needed"))?;
    match longest {
        Some(longest) if duration > longest => {
            Err(format!("`{raw}` was found; at most `{}` is possible", humantime::format_duration(longest)))
        }
        None if duration.is_zero() => Err(format!("`{raw}` was found; it must be longer than nothing")),
        _ => Ok(duration),
    }
}

fn mapping(raw: &raw::Claims, complain: &mut impl FnMut(&str, String)) -> Option<Mapping> {
    let mut path = |field: &str, text: &str| {
        let path = ClaimPath::read(text);
        if path.is_err() {
            complain(&format!("claims/{field}"), not_a_claim(text));
        }
        path.ok()
    };
    let agent = path("agent", &raw.agent);
    let user = path("user", &raw.user);
    let token_id = path("token_id", &raw.token_id);
    let scopes = path("scopes", &raw.scopes);
    let mut optional = |field: &str, text: &Option<String>| match text {
        Some(text) => path(field, text).map(Some),
        None => Some(None),
    };
    let tenant = optional("tenant", &raw.tenant);
    let session = optional("session", &raw.session);
    let task = optional("task", &raw.task);
    let intent = optional("intent", &raw.intent);
    let role = optional("role", &raw.role);
    Some(Mapping {
        agent: agent?,
        user: user?,
        token_id: token_id?,
        scopes: scopes?,
        tenant: tenant?,
        session: session?,
        task: task?,
        intent: intent?,
        role: role?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn issuer() -> Value {
        let key: Value = serde_json::from_str(KEY).unwrap();
        json!({
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com"],
            "algorithms": ["EdDSA"],
            "jwks": {"inline": {"keys": [key]}},
        })
    }

    /// The complaints about a configuration, and whether it came to be.
    fn compiled(configuration: Value) -> (Vec<String>, bool) {
        let raw = serde_json::from_value(configuration).unwrap();
        let mut problems = Problems::default();
        let built = identity(&raw, false, &mut problems).is_some();
        (problems.iter().map(ToString::to_string).collect(), built)
    }

    /// The one complaint about the issuer above with a field changed.
    fn complaint(field: &str, value: Value) -> String {
        let mut issuer = issuer();
        issuer[field] = value;
        let (mut problems, built) = compiled(json!({"issuers": [issuer]}));
        assert!(!built, "{field}");
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    }

    #[test]
    fn a_right_configuration_compiles() {
        let url = "https://gateway.example.com/.well-known/oauth-protected-resource";
        assert_eq!(compiled(json!({"issuers": [issuer()], "resource_metadata": url})), (vec![], true));
    }

    #[test]
    fn each_wrong_field_is_named_with_what_would_be_right() {
        for (field, value, expected) in [
            ("issuer", json!(""), "/issuer: an empty text was found; write the exact `iss` of its tokens"),
            ("audiences", json!([]), "/audiences: no audience was found; name the resource that this gateway protects"),
            ("audiences", json!(["a", ""]), "/audiences/1: `` was found; an audience is not empty"),
            (
                "token_type",
                json!(""),
                "/token_type: an empty text was found; write the `typ` of its access tokens, such as `at+jwt`",
            ),
            (
                "token_type",
                json!("application/DPoP+jwt"),
                "/token_type: `application/DPoP+jwt` was found, which is no access token's type; `at+jwt` would be right",
            ),
            (
                "max_lifetime",
                json!("soon"),
                "/max_lifetime: `soon` was found; a duration such as `30s` or `15m` is needed",
            ),
            ("jwks", json!({}), "/jwks: give either `inline`, or `cluster` and one of `uri` and `discover`"),
            (
                "jwks",
                json!({"cluster": "idp", "uri": "idp.example.com/jwks"}),
                "/jwks/uri: `idp.example.com/jwks` was found; a URL such as `https://idp.example.com/jwks` is needed",
            ),
            (
                "jwks",
                json!({"cluster": "idp", "uri": "https://idp.example.com/jwks", "refresh": "1ms"}),
                "/jwks/refresh: `1ms` was found; a duration between `100ms` and `1day` is needed",
            ),
            (
                "revocations",
                json!({"cluster": "", "uri": "https://idp.example.com/revoked"}),
                "/revocations/cluster: an empty text was found; the name of an Envoy cluster is needed",
            ),
            (
                "algorithms",
                json!(["EdDSA", "HS256"]),
                "/algorithms: `HS256` was found, whose key makes tokens as well as checks them; let the issuer sign with `ES256`, or set `dangerously_allow_hs256`",
            ),
            (
                "actors",
                json!([{"id": "a"}, {"id": "a", "host": "b.example"}]),
                "/actors/1: give an actor either an `id` or a `host`",
            ),
            (
                "actors",
                json!([{"host": "*"}]),
                "/actors/0/host: `*` was found; a host such as `agents.example.com` or `*.example.com` is needed",
            ),
            (
                "required_claims",
                json!(["org_id", ""]),
                "/required_claims/1: `` was found; the name of a claim is needed, or a JSON pointer such as `/realm/roles/0`",
            ),
            (
                "profile",
                json!("jwt_svid"),
                "/issuer: `https://idp.example.com` was found; `spiffe://` and the name of a trust domain is needed",
            ),
            ("max_lifetime", json!("0s"), "/max_lifetime: `0s` was found; it must be longer than nothing"),
            ("clock_skew", json!("-1s"), "/clock_skew: `-1s` was found; a duration such as `30s` or `15m` is needed"),
            ("clock_skew", json!("6m"), "/clock_skew: `6m` was found; at most `5m` is possible"),
            (
                "claims",
                json!({"role": "/a~2"}),
                "/claims/role: `/a~2` was found; the name of a claim is needed, or a JSON pointer such as `/realm/roles/0`",
            ),
            (
                "claims",
                json!({"agent": ""}),
                "/claims/agent: `` was found; the name of a claim is needed, or a JSON pointer such as `/realm/roles/0`",
            ),
        ] {
            assert_eq!(complaint(field, value), format!("/identity/issuers/0{expected}"));
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let mut first = issuer();
        first["audiences"] = json!([]);
        first["max_lifetime"] = json!("x");
        first["jwks"] = json!({"inline": {}});
        let mut second = issuer();
        second["algorithms"] = json!([]);
        let (problems, built) = compiled(json!({"issuers": [first, second], "resource_metadata": "here"}));
        let places: Vec<_> = problems.iter().filter_map(|problem| Some(problem.split_once(": ")?.0)).collect();
        let expected = [
            "/identity/issuers/0/audiences",
            "/identity/issuers/0/max_lifetime",
            "/identity/issuers/0/jwks/inline",
            "/identity/issuers/1/issuer",
            "/identity/issuers/1/algorithms",
            "/identity/issuers/1/jwks/inline/keys/0/kty",
            "/identity/resource_metadata",
        ];
        assert_eq!(places, expected);
        assert!(!built);
    }

    #[test]
    fn without_an_issuer_there_is_no_identity() {
        let (problems, built) = compiled(json!({"issuers": []}));
        assert_eq!((problems.len(), built), (1, false));
    }
}
