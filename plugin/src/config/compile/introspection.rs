//! `identity.issuers[].introspection`.

use std::sync::Arc;
use std::time::Duration;

use super::super::raw;
use super::decision::split;
use crate::credential::{Credential, InvalidCredential};
use crate::token::{Introspector, Profile};

/// For longer than this nobody wants a revoked token to go on; and an answer that takes as long isn't waited for.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Of opaque tokens: where their issuer is asked; or which field is wrong, and how.
pub(super) fn profile(raw: &raw::Issuer) -> Result<Profile, (&'static str, String)> {
    let asked = raw.introspection.as_ref();
    let asked = asked
        .ok_or(("introspection", "nothing was found; say where the issuer is asked about its tokens".to_owned()))?;
    let has_keys = raw.jwks.inline.is_some() || raw.jwks.cluster.is_some() || raw.jwks.uri.is_some();
    if has_keys || !raw.algorithms.is_empty() || !raw.status_lists.is_empty() {
        let found = "keys, algorithms or status lists were found, and opaque tokens have none";
        return Err(("profile", format!("{found}; leave them out, or give JWTs an entry of their own")));
    }
    if asked.cluster.is_empty() {
        return Err((
            "introspection/cluster",
            "an empty text was found; the name of an Envoy cluster is needed".into(),
        ));
    }
    let (address, query) = asked.uri.split_once('?').unwrap_or((&asked.uri, ""));
    let plain = query.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\'));
    let Some((scheme, authority, path)) = split(address).filter(|_| plain) else {
        let needed = "a URL such as `https://idp.example.com/introspect` is needed";
        return Err(("introspection/uri", format!("`{}` was found; {needed}", asked.uri)));
    };
    let path = if path.is_empty() { "/" } else { path };
    let credential = Credential::new(&asked.header, &asked.credential).map_err(|invalid| match invalid {
        InvalidCredential::Name => {
            let needed = "a header such as `authorization` is needed";
            ("introspection/header", format!("`{}` was found; {needed}", asked.header))
        }
        // What was found is a secret, or was meant to be one.
        InvalidCredential::Value => (
            "introspection/credential",
            "a text was found that no header can carry; visible ASCII is needed".to_owned(),
        ),
    })?;
    Ok(Profile::Opaque {
        introspector: Arc::new(Introspector {
            cluster: asked.cluster.clone(),
            scheme,
            authority: authority.to_owned(),
            path: if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") },
            credential,
            timeout: duration("introspection/timeout", &asked.timeout)?,
            max_age: duration("introspection/max_age", &asked.max_age)?,
        }),
    })
}

fn duration(field: &'static str, text: &str) -> Result<Duration, (&'static str, String)> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => {
            let most = humantime::format_duration(LONGEST);
            Err((field, format!("`{text}` was found; a duration up to `{most}` is needed")))
        }
    }
}
