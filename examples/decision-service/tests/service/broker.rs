//! Credentials that permits bring, from an issuer that is played here: well-behaved, and in every other way.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Form, Router,
    body::Body,
    http::{Response, StatusCode as Status, header},
    routing::post,
};
use jwt_simple::prelude::{ECDSAP256PublicKeyLike as _, ES256KeyPair, JWTClaims, VerificationOptions};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};
use toolgate_decision_service::{Approvers, GateKey, Options, TokenExchange, serve};

use crate::{Service, folder};

const POLICIES: &str = r#"
@id("refunds") @credential("payments:write")
permit (principal, action == Action::"transfer", resource);
@id("reads")
permit (principal, action == Action::"read", resource);
@id("payments-with-a-person") @approval("A person has to see this.") @credential("payments:write")
permit (principal, action == Action::"send", resource);
@id("contradiction-1") @credential("a")
permit (principal, action == Action::"merge", resource);
@id("contradiction-2") @credential("b")
permit (principal, action == Action::"merge", resource);
"#;

const ISSUER: &str = "https://idp.example.com";
const GATE_KEY: &str = "0123456789abcdef0123456789abcdef";
/// What no log and no denial may hold.
const SECRET: &str = "s3cret.s3cret.s3cret";

/// What an issuer is sent.
type Sent = HashMap<String, String>;

/// An issuer that answers so, whatever it is asked.
struct Issuer {
    url: String,
    asked: UnboundedReceiver<Sent>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Issuer {
    async fn answering<F: Future<Output = Response<Body>> + Send>(
        answer: impl Fn() -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let (told, asked) = unbounded_channel();
        let token = post(async move |Form(form): Form<Sent>| {
            let _ = told.send(form);
            answer().await
        });
        let task = tokio::spawn(async move { axum::serve(listener, Router::new().route("/token", token)).await });
        Self { url, asked, task }
    }

    async fn saying(status: Status, body: impl Into<String>) -> Self {
        let body = body.into();
        Self::answering(move || {
            let body = body.clone();
            async move { Response::builder().status(status).body(Body::from(body)).unwrap() }
        })
        .await
    }
}

fn token() -> Value {
    json!({"access_token": SECRET, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer", "expires_in": 30, "scope": "payments:write"})
}

fn exchange(endpoint: &str, key: &ES256KeyPair) -> TokenExchange {
    TokenExchange {
        endpoint: endpoint.to_owned(),
        issuer: ISSUER.to_owned(),
        client: "decision-service".to_owned(),
        key: key.to_pem().unwrap(),
        resource: "https://crm.example.com".to_owned(),
        lifetime: Duration::from_secs(60),
        timeout: Duration::from_millis(300),
    }
}

/// A service that brokers, its policies, and its key.
async fn service(endpoint: &str) -> (Service, tempfile::TempDir, ES256KeyPair) {
    let (folder, key) = (folder(&[("policies.cedar", POLICIES)]), ES256KeyPair::generate());
    let options = Options {
        gate_key: Some(GateKey::new(GATE_KEY).unwrap()),
        token_exchange: Some(exchange(endpoint, &key)),
        approvers: Approvers::codes([("ann".to_owned(), "correct horse".to_owned())]).unwrap(),
        ..Options::new(folder.path())
    };
    (Service::with(options).await, folder, key)
}

fn question(action: &str) -> Value {
    json!({
        "subject": {"type": "agent", "id": "bot", "properties": {"issuer": ISSUER, "user": "jane@example.com"}},
        "action": {"name": action}, "resource": {"type": "payment", "id": "p1"},
        "context": {"call_digest": "sha256:a"},
    })
}

fn wishing(action: &str, scope: &str, seconds: u64) -> Value {
    let mut question = question(action);
    question["context"]["credential"] = json!({"scope": scope, "ttl_seconds": seconds});
    question
}

async fn post_as_gate(service: &Service, path: &str, question: &Value) -> reqwest::Response {
    let request = Client::new().post(format!("{}{path}", service.url)).bearer_auth(GATE_KEY).json(question);
    request.send().await.unwrap()
}

async fn ask(service: &Service, question: &Value) -> Value {
    let response = post_as_gate(service, "/access/v1/evaluation", question).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// A denial without a credential; its reason.
fn denied(answer: &Value) -> &str {
    assert_eq!((&answer["decision"], answer["context"].get("credential")), (&json!(false), None), "{answer}");
    assert!(!answer.to_string().contains("s3cret"), "{answer}");
    answer["context"]["reason"].as_str().unwrap()
}

fn signed(token: &str, key: &ES256KeyPair, kind: &str) -> JWTClaims<Value> {
    let options = VerificationOptions {
        allowed_issuers: Some(["decision-service".to_owned()].into()),
        allowed_audiences: Some([ISSUER.to_owned()].into()),
        required_signature_type: Some(kind.to_owned()),
        ..VerificationOptions::default()
    };
    key.public_key().verify_token(token, Some(options)).unwrap()
}

#[tokio::test]
async fn a_permit_brings_a_credential_that_was_asked_for_in_the_words_of_rfc_8693() {
    let mut issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let (service, _folder, key) = service(&issuer.url).await;
    let response = post_as_gate(&service, "/access/v1/evaluation", &wishing("transfer", "payments:write", 45)).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["decision"], true, "{answer}");
    let credential = &answer["context"]["credential"];
    assert_eq!(credential["header"], "authorization");
    assert_eq!(credential["value"], format!("Bearer {SECRET}"));
    assert_eq!(credential["scope"], "payments:write");
    assert!(credential["expires_at"].as_str().unwrap().ends_with('Z'));

    let asked = issuer.asked.recv().await.unwrap();
    for (name, value) in [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", "https://crm.example.com"),
        ("scope", "payments:write"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    let client = signed(&asked["client_assertion"], &key, "client-authentication+jwt");
    assert_eq!(client.subject.as_deref(), Some("decision-service"));
    let subject = signed(&asked["subject_token"], &key, "JWT");
    assert_eq!(subject.subject.as_deref(), Some("jane@example.com"));
    assert_eq!(subject.custom["act"], json!({"iss": ISSUER, "sub": "bot"}));
    assert_eq!(
        (subject.expires_at.unwrap() - subject.issued_at.unwrap()).as_secs(),
        45,
        "no longer than was asked for"
    );
}

#[tokio::test]
async fn a_policy_can_want_a_credential_by_itself_and_bounds_the_gates() {
    let mut issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let (service, _folder, _) = service(&issuer.url).await;
    let own = ask(&service, &question("transfer")).await;
    assert_eq!(own["context"]["credential"]["scope"], "payments:write", "{own}");
    assert_eq!(issuer.asked.recv().await.unwrap()["scope"], "payments:write");

    let wider = ask(&service, &wishing("transfer", "payments:write payments:admin", 60)).await;
    assert_eq!(denied(&wider), "credential_refused");
    let two = ask(&service, &question("merge")).await;
    assert_eq!(denied(&two), "credential_refused", "which of the two?");
    let no_wish = ask(&service, &wishing("transfer", "", 60)).await;
    assert_eq!(denied(&no_wish), "credential_refused");
    assert!(issuer.asked.try_recv().is_err(), "the issuer was asked for none of these");

    let plain = ask(&service, &question("read")).await;
    assert_eq!((&plain["decision"], plain["context"].get("credential")), (&json!(true), None));
    assert!(issuer.asked.try_recv().is_err());
}

#[tokio::test]
async fn whatever_else_the_issuer_answers_is_a_denial() {
    let with = |name: &str, value: Value| {
        let mut token = token();
        token[name] = value;
        token.to_string()
    };
    let answers = [
        (Status::OK, String::new()),
        (Status::OK, format!("<html>{SECRET}")),
        (Status::OK, "\u{0}\u{1}".to_owned()),
        (Status::OK, format!("[{}]", token())),
        (Status::OK, token().to_string().replacen('{', "{\"scope\":\"payments:write\",", 1)),
        (Status::OK, with("expires_in", json!(3600))),
        (Status::OK, with("scope", json!("payments:write payments:admin"))),
        (Status::OK, with("token_type", json!("DPoP"))),
        (Status::OK, with("issued_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token"))),
        (Status::OK, with("access_token", json!("s3cret\r\nx-agent-id: root"))),
        (Status::OK, with("padding", json!("x".repeat(64 << 10)))),
        (Status::BAD_REQUEST, json!({"error": "invalid_scope", "error_description": SECRET}).to_string()),
        (Status::UNAUTHORIZED, json!({"error": "invalid_client"}).to_string()),
        (Status::INTERNAL_SERVER_ERROR, token().to_string()),
        (Status::NO_CONTENT, String::new()),
    ];
    for (status, body) in answers {
        let issuer = Issuer::saying(status, body.clone()).await;
        let (service, _folder, _) = service(&issuer.url).await;
        let answer = ask(&service, &question("transfer")).await;
        assert_eq!(denied(&answer), "credential_unavailable", "{status} {body}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_slow_endless_elsewhere_or_gone_is_a_denial() {
    let slow = Issuer::answering(|| async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Response::new(Body::from(token().to_string()))
    })
    .await;
    let mut elsewhere = Issuer::saying(Status::OK, token().to_string()).await;
    let there = elsewhere.url.clone();
    let redirecting = Issuer::answering(move || {
        let answer = Response::builder().status(Status::TEMPORARY_REDIRECT).header(header::LOCATION, there.clone());
        async move { answer.body(Body::empty()).unwrap() }
    })
    .await;
    let cut = Issuer::answering(|| async {
        let answer = Response::builder().header(header::CONTENT_LENGTH, "100000");
        answer.body(Body::from(token().to_string())).unwrap()
    })
    .await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [&slow.url, &redirecting.url, &cut.url, &format!("http://{gone}/token")] {
        let (service, _folder, _) = service(url).await;
        let begun = tokio::time::Instant::now();
        assert_eq!(denied(&ask(&service, &question("transfer")).await), "credential_unavailable", "{url}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    assert!(elsewhere.asked.try_recv().is_err(), "what is signed goes to nobody else");
}

#[tokio::test]
async fn nobody_is_vouched_for_without_an_issuer() {
    let mut issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let (service, _folder, _) = service(&issuer.url).await;
    let mut asked = question("transfer");
    asked["subject"]["properties"] = json!({"user": "jane@example.com"});
    assert_eq!(denied(&ask(&service, &asked).await), "credential_unavailable");
    assert!(issuer.asked.try_recv().is_err());
}

#[tokio::test]
async fn an_approval_comes_before_the_credential_and_is_not_used_up_where_there_can_be_none() {
    let mut issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let (service, _folder, _) = service(&issuer.url).await;
    let held = ask(&service, &question("send")).await;
    assert_eq!(denied(&held), "approval_required");
    assert!(issuer.asked.try_recv().is_err(), "no credential before somebody agreed");
    let form = [("verdict", "approve"), ("name", "ann"), ("code", "correct horse")];
    let link = held["context"]["access_request"]["form_url"].as_str().unwrap();
    assert!(Client::new().post(link).form(&form).send().await.unwrap().status().is_success());

    assert_eq!(denied(&ask(&service, &wishing("send", "payments:admin", 60)).await), "credential_refused");
    let several = json!({"evaluations": [question("send")]});
    let several: Value = post_as_gate(&service, "/access/v1/evaluations", &several).await.json().await.unwrap();
    assert_eq!(denied(&several["evaluations"][0]), "credential_unavailable", "not in a list");

    let permitted = ask(&service, &question("send")).await;
    assert_eq!(permitted["context"]["approval"]["by"], "ann", "{permitted}");
    assert_eq!(permitted["context"]["credential"]["scope"], "payments:write");
    let page = reqwest::get(link).await.unwrap().text().await.unwrap();
    assert!(page.contains("ann") && !page.contains("s3cret"));
}

/// An issuer that is down for a moment costs nobody's approval.
#[tokio::test]
async fn an_approval_is_used_up_only_once_the_credential_is_there() {
    let failing = Arc::new(AtomicBool::new(true));
    let mut issuer = Issuer::answering({
        let failing = Arc::clone(&failing);
        move || {
            let status = if failing.load(Ordering::SeqCst) { Status::SERVICE_UNAVAILABLE } else { Status::OK };
            async move { Response::builder().status(status).body(Body::from(token().to_string())).unwrap() }
        }
    })
    .await;
    let (service, _folder, _) = service(&issuer.url).await;
    let held = ask(&service, &question("send")).await;
    let form = [("verdict", "approve"), ("name", "ann"), ("code", "correct horse")];
    let link = held["context"]["access_request"]["form_url"].as_str().unwrap();
    assert!(Client::new().post(link).form(&form).send().await.unwrap().status().is_success());

    for _ in 0..2 {
        assert_eq!(denied(&ask(&service, &question("send")).await), "credential_unavailable");
        assert!(issuer.asked.try_recv().is_ok());
    }
    failing.store(false, Ordering::SeqCst);
    let permitted = ask(&service, &question("send")).await;
    assert_eq!(permitted["context"]["approval"]["by"], "ann", "{permitted}");
    assert_eq!(permitted["context"]["credential"]["scope"], "payments:write");
    assert!(issuer.asked.try_recv().is_ok() && issuer.asked.try_recv().is_err());
    assert_eq!(denied(&ask(&service, &question("send")).await), "approval_required", "once is once");
    assert!(issuer.asked.try_recv().is_err(), "no credential without an approval");
}

#[tokio::test]
async fn only_who_has_the_gates_key_may_ask() {
    let issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let (service, _folder, _) = service(&issuer.url).await;
    for path in ["/access/v1/evaluation", "/access/v1/evaluations"] {
        let strangers = service.post(path, question("transfer").to_string()).await;
        assert_eq!(strangers.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(strangers.headers()["www-authenticate"], "Bearer");
        assert_eq!(post_as_gate(&service, path, &question("transfer")).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_service_that_could_hand_out_credentials_to_anybody_does_not_start() {
    let (folder, key) = (folder(&[("policies.cedar", POLICIES)]), ES256KeyPair::generate());
    let refusal = async |change: fn(&mut Options)| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut options = Options {
            gate_key: Some(GateKey::new(GATE_KEY).unwrap()),
            token_exchange: Some(exchange("http://127.0.0.1:1/token", &key)),
            ..Options::new(folder.path())
        };
        change(&mut options);
        format!("{:#}", serve(listener, options, std::future::ready(())).await.unwrap_err())
    };
    let text = refusal(|options| options.gate_key = None).await;
    assert!(text.contains("needs the gate's key"), "{text}");
    let text = refusal(|options| options.token_exchange.iter_mut().for_each(|it| it.key = "s3cret".to_owned())).await;
    assert!(text.contains("no private P-256 key") && !text.contains("s3cret"), "{text}");
    let text =
        refusal(|options| options.token_exchange.iter_mut().for_each(|it| it.endpoint = "https://a/".to_owned())).await;
    assert!(text.contains("must be an `http` URL"), "{text}");
}

#[tokio::test]
async fn without_an_issuer_what_wants_a_credential_is_denied() {
    let (service, _folder) = Service::of(POLICIES).await;
    assert_eq!(denied(&service.evaluate(&question("transfer")).await), "credential_unavailable");
    assert_eq!(denied(&service.evaluate(&wishing("read", "crm:read", 60)).await), "credential_unavailable");
}

/// The program itself, at its most talkative.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_programs_log_holds_no_token_and_no_key() {
    let mut issuer = Issuer::saying(Status::OK, token().to_string()).await;
    let files = folder(&[("policies.cedar", POLICIES), ("gate.key", GATE_KEY)]);
    let key = ES256KeyPair::generate();
    std::fs::write(files.path().join("broker.pem"), key.to_pem().unwrap()).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_toolgate-decision-service"))
        .current_dir(files.path())
        .args(["--listen", "127.0.0.1:0", "--policies", ".", "--gate-key", "gate.key", "--token-key", "broker.pem"])
        .args(["--token-endpoint", &issuer.url, "--token-issuer", ISSUER, "--token-client", "decision-service"])
        .args(["--token-resource", "https://crm.example.com", "--token-timeout", "3000"])
        .env("RUST_LOG", "trace")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(program.stderr.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the program ended");
        if let Some((_, rest)) = line.split_once("listening on ") {
            break rest.split(',').next().unwrap().to_owned();
        }
    };
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    let request = Client::new().post(format!("http://{address}/access/v1/evaluation")).bearer_auth(GATE_KEY);
    let answer: Value = request.json(&question("transfer")).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["context"]["credential"]["value"], format!("Bearer {SECRET}"), "{answer}");
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    assert!(program.wait().unwrap().success());

    let log = reading.join().unwrap();
    assert!(log.contains("a credential for \"payments:write\" until"), "{log}");
    let asked = issuer.asked.recv().await.unwrap();
    for secret in [SECRET, GATE_KEY, &asked["client_assertion"], &asked["subject_token"]] {
        assert!(!log.contains(secret), "{log}");
    }
}
