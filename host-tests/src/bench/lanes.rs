//! The lanes: what is measured, and what each is there to be compared with.

use serde_json::Value;

use super::Settings;
use super::filters;
use super::policy::{Policy, Variant};
use super::tokens::{Token, Tokens};

/// The lane that the others are compared with.
pub(super) const BARE: &str = "bare";

/// One listener of Envoy.
#[derive(Debug)]
pub(super) struct Lane {
    /// Its name in the table and in `summary.json`.
    pub(super) name: &'static str,
    /// What it does, in a line.
    pub(super) what: &'static str,
    /// Its HTTP filters, without the router.
    pub(super) filters: Vec<Value>,
    /// What its requests bring along.
    pub(super) token: Token,
}

impl Lane {
    /// How many requests it gets in a round, if a lane with a small body gets `usual`.
    pub(super) fn requests(&self, usual: usize, body: usize) -> usize {
        // Large bodies and new tokens take so much longer that fewer of them are as good a sample.
        let tenth = usual.div_ceil(10);
        if body > 1 << 10 || self.token != Token::Kept { tenth } else { usual }
    }
}

/// All lanes, the bare one first.
pub(super) fn all(settings: &Settings, tokens: &Tokens) -> anyhow::Result<Vec<Lane>> {
    let lane = |name, what, filters| Lane { name, what, filters, token: Token::Kept };
    let jwt = |algorithm, cached| filters::jwt_authn(tokens, algorithm, cached);
    let policy = Policy::shipped(tokens)?;
    let toolgate = |name, variant| policy.filter(&settings.wasm, name, variant);
    Ok(vec![
        lane(BARE, "router only: what the others are compared with", vec![]),
        lane("noop-wasm", "a wasm filter that adds one header", vec![filters::noop_wasm(&settings.folder)?]),
        Lane {
            token: Token::NewEs256,
            ..lane("jwt-es256", "native jwt_authn, ES256, no cache", vec![jwt("ES256", false)?])
        },
        Lane {
            token: Token::NewRs256,
            ..lane("jwt-rs256", "native jwt_authn, RS256, no cache", vec![jwt("RS256", false)?])
        },
        lane("jwt-cached", "native jwt_authn with its cache", vec![jwt("ES256", true)?]),
        lane("native-mcp", "native mcp filter", vec![filters::mcp()]),
        lane(
            "native-chain",
            "native jwt_authn (cached), mcp, rbac with 20 policies",
            vec![jwt("ES256", true)?, filters::mcp(), filters::rbac()],
        ),
        lane(
            "ext-authz",
            "native jwt_authn (cached), ext_authz with the body",
            vec![jwt("ES256", true)?, filters::ext_authz()],
        ),
        lane(
            "toolgate",
            "Toolgate with the policy of envoy.yaml, token seen before, each verdict logged",
            toolgate("toolgate", Variant::AsShipped)?,
        ),
        lane(
            "toolgate-log-denials",
            "the same, only denials logged",
            toolgate("toolgate-log-denials", Variant::DenialsLogged)?,
        ),
        Lane {
            token: Token::NewEs256,
            ..lane(
                "toolgate-first-es256",
                "Toolgate, each token new, ES256",
                toolgate("toolgate-first-es256", Variant::AsShipped)?,
            )
        },
        Lane {
            token: Token::NewRs256,
            ..lane(
                "toolgate-first-rs256",
                "Toolgate, each token new, RS256",
                toolgate("toolgate-first-rs256", Variant::AsShipped)?,
            )
        },
        lane(
            "toolgate-10k-rules",
            "Toolgate with 10,000 rules more",
            toolgate("toolgate-10k-rules", Variant::TenThousandRules)?,
        ),
        lane(
            "toolgate-asked",
            "Toolgate asks the decision service each time",
            toolgate("toolgate-asked", Variant::Asked)?,
        ),
        lane(
            "toolgate-asked-cached",
            "the same, the answer remembered",
            toolgate("toolgate-asked-cached", Variant::AskedAndRemembered)?,
        ),
    ])
}
