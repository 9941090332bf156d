//! What kind of token an issuer issues, and who may act with one.

use super::super::raw;
use super::introspection;
use crate::token::{Algorithm, AllowedActor, HostPattern, Profile, Who, spiffe};

/// Kinds of JWT that are not access tokens, whatever an operator believes (standards: RFC 9449, RFC 8417, OpenID
/// Connect Back-Channel Logout, Token Status List, Transaction Tokens, WIMSE, ID-JAG).
const OTHER_TYPES: &[&str] = &[
    "dpop+jwt",
    "id_token+jwt",
    "logout+jwt",
    "oauth-id-jag+jwt",
    "secevent+jwt",
    "statuslist+jwt",
    "task+jwt",
    "token-introspection+jwt",
    "txntoken+jwt",
    "wit+jwt",
    "wpt+jwt",
];

/// The kind of token; or which field is wrong, and how.
pub(super) fn profile(raw: &raw::Issuer) -> Result<Profile, (&'static str, String)> {
    if raw.introspection.is_some() && raw.profile != raw::Profile::Opaque {
        return Err(("introspection", "it is only for opaque tokens; set `profile: opaque`, or leave it out".into()));
    }
    match raw.profile {
        raw::Profile::AccessToken => {
            let token_type = token_type(&raw.token_type).map_err(|message| ("token_type", message))?;
            Ok(Profile::AccessToken { token_type })
        }
        raw::Profile::Opaque => introspection::profile(raw),
        raw::Profile::JwtSvid => {
            match raw.issuer.strip_prefix("spiffe://").filter(|name| spiffe::is_trust_domain(name)) {
                Some(name) => Ok(Profile::Svid { trust_domain: name.to_owned() }),
                None => {
                    let found = &raw.issuer;
                    Err((
                        "issuer",
                        format!("`{found}` was found; `spiffe://` and the name of a trust domain is needed"),
                    ))
                }
            }
        }
    }
}

/// In lower case and without `application/`, as tokens' types are compared.
fn token_type(raw: &str) -> Result<String, String> {
    let lower = raw.to_ascii_lowercase();
    let short = lower.strip_prefix("application/").unwrap_or(&lower);
    if short.is_empty() {
        return Err("an empty text was found; write the `typ` of its access tokens, such as `at+jwt`".into());
    }
    if OTHER_TYPES.contains(&short) {
        return Err(format!("`{raw}` was found, which is no access token's type; `at+jwt` would be right"));
    }
    Ok(short.to_owned())
}

/// What is wrong with the list of algorithms, if anything is.
pub(super) fn algorithms(raw: &raw::Issuer) -> Option<String> {
    if raw.algorithms.is_empty() && raw.profile != raw::Profile::Opaque {
        return Some("no algorithm was found; list those that the issuer signs with, such as `ES256`".into());
    }
    let secret = raw.algorithms.contains(&Algorithm::HS256);
    (secret && !raw.dangerously_allow_hs256).then(|| {
        "`HS256` was found, whose key makes tokens as well as checks them; let the issuer sign with `ES256`, or set \
         `dangerously_allow_hs256`"
            .into()
    })
}

/// Who may act; complaints go to `complain`.
pub(super) fn actors(raw: Option<&[raw::Actor]>, complain: &mut impl FnMut(&str, String)) -> Option<Vec<AllowedActor>> {
    let mut allowed = Vec::new();
    for (at, actor) in raw?.iter().enumerate() {
        let who = match (&actor.id, &actor.host) {
            (Some(id), None) if !id.is_empty() => Who::Id(id.clone()),
            (None, Some(host)) => match HostPattern::read(host) {
                Ok(pattern) => Who::Host(pattern),
                Err(_) => {
                    let needed = "a host such as `agents.example.com` or `*.example.com` is needed";
                    complain(&format!("actors/{at}/host"), format!("`{host}` was found; {needed}"));
                    continue;
                }
            },
            _ => {
                complain(&format!("actors/{at}"), "give an actor either an `id` or a `host`".into());
                continue;
            }
        };
        allowed.push(AllowedActor { who, scopes: actor.scopes.clone() });
    }
    Some(allowed)
}
