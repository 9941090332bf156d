//! Where money moves, only a token counts that is meant for that.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking, its helpers too"
)]

use jwt_simple::prelude::{Claims, Duration, ECDSAP256KeyPairLike as _, ES256KeyPair, HeaderOptions};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use toolgate_crm::{Credential, Crm, Guard, PAYMENTS, serve};

const ISSUER: &str = "https://idp.example.com";
const HERE: &str = "https://crm.internal.example.com";

struct Stage {
    base: String,
    crm: Crm,
    key: ES256KeyPair,
}

async fn start() -> Stage {
    let key = ES256KeyPair::generate().with_key_id("k");
    let jwk: Value = serde_json::from_str(&key.public_key().to_jwk()).unwrap();
    let crm = Crm::guarded(Guard::new(&json!({"keys": [jwk]}), ISSUER, HERE).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, crm.clone()));
    Stage { base, crm, key }
}

/// What differs from a good token.
struct Token<'t> {
    issuer: &'t str,
    audience: &'t str,
    kind: &'t str,
    scope: &'t str,
    seconds_ago: u64,
    ends: bool,
}

const GOOD: Token<'_> =
    Token { issuer: ISSUER, audience: HERE, kind: "at+jwt", scope: PAYMENTS, seconds_ago: 0, ends: true };

fn signed(token: &Token<'_>, key: &ES256KeyPair) -> String {
    let custom = json!({"scope": token.scope, "act": {"sub": "bot"}});
    let claims = Claims::with_custom_claims(custom, Duration::from_secs(60));
    let mut claims = claims.with_issuer(token.issuer).with_audience(token.audience).with_subject("jane");
    let ago = Duration::from_secs(token.seconds_ago);
    claims.issued_at = claims.issued_at.map(|at| at - ago);
    claims.invalid_before = claims.issued_at;
    claims.expires_at = claims.expires_at.map(|at| at - ago).filter(|_| token.ends);
    let header = HeaderOptions { signature_type: Some(token.kind.to_owned()), content_type: None };
    key.sign_with_options(claims, &header).unwrap()
}

impl Stage {
    /// Both faces, which must agree.
    async fn refund(&self, token: Option<&str>) -> StatusCode {
        let money = json!({"amount": 1, "currency": "USD"});
        let rest = Client::new().post(format!("{}/v1/payments/pay_3021/refund", self.base)).json(&money);
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "payments.refund",
            "arguments": {"payment_id": "pay_3021", "amount": 1, "currency": "USD"},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {}}}});
        let mcp = Client::new().post(format!("{}/mcp", self.base)).json(&call);
        let mcp = mcp.header("accept", "application/json, text/event-stream");
        let mcp = mcp.header("mcp-protocol-version", "2026-07-28").header("mcp-method", "tools/call");
        let mcp = mcp.header("mcp-name", "payments.refund");
        let mut statuses = vec![];
        for request in [rest, mcp] {
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            statuses.push(request.send().await.unwrap().status());
        }
        assert_eq!(statuses[0], statuses[1], "rest and mcp");
        statuses[0]
    }

    fn refunded(&self) -> u32 {
        self.crm.store().payments[21].refunded
    }
}

#[tokio::test]
async fn a_token_for_payments_moves_money_and_is_noted_without_itself() {
    let stage = start().await;
    let token = signed(&GOOD, &stage.key);
    assert_eq!(stage.refund(Some(&token)).await, StatusCode::OK);
    assert_eq!(stage.refunded(), 2);
    let arrived = stage.crm.journal().since(0);
    let told = Credential { user: "jane".into(), agent: "bot".into(), scope: PAYMENTS.into(), seconds: 60 };
    assert!(arrived.iter().all(|entry| entry.credential.as_ref() == Some(&told)), "{arrived:?}");
    assert!(!serde_json::to_string(&arrived).unwrap().contains(token.rsplit('.').next().unwrap()));
}

#[tokio::test]
async fn any_other_token_moves_none() {
    let stage = start().await;
    let stranger = ES256KeyPair::generate().with_key_id("k");
    let bad = [
        signed(&GOOD, &stranger),
        signed(&Token { issuer: "https://other.example.com", ..GOOD }, &stage.key),
        signed(&Token { audience: "https://crm.example.com", ..GOOD }, &stage.key),
        signed(&Token { kind: "JWT", ..GOOD }, &stage.key),
        signed(&Token { seconds_ago: 120, ..GOOD }, &stage.key),
        signed(&Token { ends: false, ..GOOD }, &stage.key),
        "nonsense".to_owned(),
    ];
    for token in &bad {
        assert_eq!(stage.refund(Some(token)).await, StatusCode::UNAUTHORIZED, "{token}");
    }
    assert_eq!(stage.refund(None).await, StatusCode::UNAUTHORIZED);
    for scope in ["payments:read", "payments", "payments:write:all", ""] {
        let other = signed(&Token { scope, ..GOOD }, &stage.key);
        assert_eq!(stage.refund(Some(&other)).await, StatusCode::FORBIDDEN, "{scope}");
    }
    assert_eq!(stage.refunded(), 0);
}

#[tokio::test]
async fn what_moves_no_money_stays_open() {
    let stage = start().await;
    let read = Client::new().get(format!("{}/v1/customers/cus_1007", stage.base)).bearer_auth("anything");
    assert_eq!(read.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(stage.crm.journal().since(0)[0].credential, None);
}
