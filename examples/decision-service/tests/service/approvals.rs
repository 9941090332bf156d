//! Approval of exactly one call, as the gate asks and as a person's browser answers.

use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use toolgate_decision_service::{Approvers, Options, Storage};

use crate::{Service, folder};

const PAYMENTS: &str = r#"
@id("payments-with-a-person")
@approval("Payments of this size need somebody from finance.")
permit (principal, action == Action::"transfer", resource);
@id("reads")
permit (principal, action == Action::"read", resource);
"#;

const CODE: &str = "correct horse battery";

fn approvers() -> Approvers {
    Approvers::codes([("ann@example.com".to_owned(), CODE.to_owned())]).unwrap()
}

async fn service() -> (Service, tempfile::TempDir) {
    let folder = folder(&[("policies.cedar", PAYMENTS)]);
    let options = Options { approvers: approvers(), ..Options::new(folder.path()) };
    (Service::with(options).await, folder)
}

fn payment(call: &str, agent: &str) -> Value {
    json!({
        "subject": {"type": "agent", "id": agent, "properties": {"issuer": "https://idp.example.com", "user": "jane"}},
        "action": {"name": "transfer", "properties": {"tool": "payments.create", "server": "crm"}},
        "resource": {"type": "account", "id": "GB29"},
        "context": {
            "call_digest": call,
            "parameters": {"amount": 9000, "note": "<script>alert(1)</script>\u{202E}"},
            "risk": {"level": "critical", "score": 100, "findings": [
                {"code": "money.over_limit", "pointer": "/amount", "detail": "more than 500 USD"}]},
        },
    })
}

/// The link in a denial that a person can turn round.
fn link(answer: &Value) -> String {
    assert_eq!(
        (&answer["decision"], &answer["context"]["reason"]),
        (&json!(false), &json!("approval_required")),
        "{answer}"
    );
    answer["context"]["access_request"]["form_url"].as_str().unwrap().to_owned()
}

async fn send(link: &str, fields: &[(&str, &str)]) -> StatusCode {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    client.post(link).form(fields).send().await.unwrap().status()
}

async fn approve(link: &str) -> StatusCode {
    send(link, &[("verdict", "approve"), ("name", "ann@example.com"), ("code", CODE), ("reason", "invoice 7")]).await
}

#[tokio::test]
async fn an_approved_call_goes_through_once_and_no_other_does() {
    let (service, _folder) = service().await;
    let first = service.evaluate(&payment("sha256:a", "one")).await;
    let asked = link(&first);
    assert_eq!(
        first["context"]["access_request"]["display"]["description"],
        "Payments of this size need somebody from finance."
    );
    assert_eq!(
        link(&service.evaluate(&payment("sha256:a", "one")).await),
        asked,
        "asked once, however often it is tried"
    );

    assert_eq!(approve(&asked).await, StatusCode::SEE_OTHER);
    for (other, agent) in [("sha256:b", "one"), ("sha256:a", "two")] {
        assert_ne!(link(&service.evaluate(&payment(other, agent)).await), asked, "{other} of {agent}");
    }
    let permitted = service.evaluate(&payment("sha256:a", "one")).await;
    assert_eq!(permitted["decision"], true, "{permitted}");
    assert_eq!(permitted["context"]["approval"]["by"], "ann@example.com");
    assert_ne!(link(&service.evaluate(&payment("sha256:a", "one")).await), asked, "a second time has to be asked for");
}

#[tokio::test]
async fn copies_of_an_approved_call_that_come_at_once_share_one_use() {
    let (service, _folder) = service().await;
    approve(&link(&service.evaluate(&payment("sha256:a", "one")).await)).await;
    let question = payment("sha256:a", "one");
    let (a, b, c) = tokio::join!(service.evaluate(&question), service.evaluate(&question), service.evaluate(&question));
    let permits = [a, b, c].iter().filter(|answer| answer["decision"] == true).count();
    assert_eq!(permits, 1);
}

#[tokio::test]
async fn only_who_is_known_can_answer_and_only_once() {
    let (service, _folder) = service().await;
    let asked = link(&service.evaluate(&payment("sha256:a", "one")).await);
    for (name, code) in [("ann@example.com", "wrong"), ("eve@example.com", CODE), ("", "")] {
        assert_eq!(
            send(&asked, &[("verdict", "approve"), ("name", name), ("code", code)]).await,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(send(&asked, &[("name", "ann@example.com"), ("code", CODE)]).await, StatusCode::BAD_REQUEST);
    let foreign = Client::new().post(&asked).header("sec-fetch-site", "cross-site");
    let foreign = foreign.form(&[("verdict", "approve"), ("name", "ann@example.com"), ("code", CODE)]).send().await;
    assert_eq!(foreign.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(link(&service.evaluate(&payment("sha256:a", "one")).await), asked, "none of these was an answer");

    assert_eq!(
        send(&asked, &[("verdict", "refuse"), ("name", "ann@example.com"), ("code", CODE)]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(approve(&asked).await, StatusCode::CONFLICT);
    let refused = service.evaluate(&payment("sha256:a", "one")).await;
    assert_eq!((&refused["decision"], &refused["context"]["reason"]), (&json!(false), &json!("approval_refused")));
}

#[tokio::test]
async fn the_page_shows_what_is_wanted_and_runs_nothing_of_it() {
    let (service, _folder) = service().await;
    let asked = link(&service.evaluate(&payment("sha256:a", "one")).await);
    let page = reqwest::get(&asked).await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let text = page.text().await.unwrap();
    for part in [
        "one wants to move money",
        "9000",
        "more than 500 USD",
        "jane",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\\u{202e}",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!text.contains("<script"), "{text}");
    assert_eq!(
        reqwest::get(asked.replace("/approvals/", "/approvals/0")).await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_gate_can_ask_for_a_person_where_no_policy_does() {
    let (service, _folder) = service().await;
    let mut question = payment("sha256:r", "one");
    question["action"]["name"] = json!("read");
    assert_eq!(service.evaluate(&question).await["decision"], true);
    question["context"]["approval"] = json!("required");
    approve(&link(&service.evaluate(&question).await)).await;
    assert_eq!(service.evaluate(&question).await["decision"], true);
    question["context"].as_object_mut().unwrap().remove("call_digest");
    let unnamed = service.evaluate(&question).await;
    assert_eq!(
        (&unnamed["decision"], unnamed["context"].get("access_request")),
        (&json!(false), None),
        "nothing to approve"
    );
}

#[tokio::test]
async fn what_hangs_on_a_person_is_not_to_be_stored() {
    let (service, _folder) = service().await;
    let storing = async |question: &Value| {
        let answer = service.post("/access/v1/evaluation", question.to_string()).await;
        answer.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned())
    };
    let question = payment("sha256:a", "one");
    assert_eq!(storing(&question).await.as_deref(), Some("no-store"));
    approve(&link(&service.evaluate(&question).await)).await;
    assert_eq!(storing(&question).await.as_deref(), Some("no-store"));
    let mut plain = question.clone();
    plain["action"]["name"] = json!("read");
    assert_eq!(storing(&plain).await, None);
}

/// An SQLite file, and a PostgreSQL where one is (`make postgres-test`).
fn storages(folder: &std::path::Path) -> impl Iterator<Item = Storage> {
    let postgres = std::env::var("TOOLGATE_POSTGRES").ok().map(Storage::Postgres);
    [Storage::Sqlite(folder.join("approvals.db"))].into_iter().chain(postgres)
}

#[tokio::test]
async fn approvals_outlive_the_process_in_their_database() {
    let kept = tempfile::tempdir().unwrap();
    let policies = folder(&[("policies.cedar", PAYMENTS)]);
    for storage in storages(kept.path()) {
        let options =
            || Options { approvals: storage.clone(), approvers: approvers(), ..Options::new(policies.path()) };
        let before = Service::with(options()).await;
        approve(&link(&before.evaluate(&payment("sha256:a", "one")).await)).await;
        drop(before);
        let after = Service::with(options()).await;
        assert_eq!(after.evaluate(&payment("sha256:a", "one")).await["decision"], true, "{storage:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_over_one_database_let_an_approved_call_through_once() {
    let kept = tempfile::tempdir().unwrap();
    let policies = folder(&[("policies.cedar", PAYMENTS)]);
    for storage in storages(kept.path()) {
        let options =
            || Options { approvals: storage.clone(), approvers: approvers(), ..Options::new(policies.path()) };
        let (one, other) = (Service::with(options()).await, Service::with(options()).await);
        for call in ["sha256:b", "sha256:c", "sha256:d", "sha256:e"] {
            let question = payment(call, "one");
            approve(&link(&one.evaluate(&question).await)).await;
            let (a, b) = tokio::join!(one.evaluate(&question), other.evaluate(&question));
            let permits = [a, b].iter().filter(|answer| answer["decision"] == true).count();
            assert_eq!(permits, 1, "{storage:?}");
        }
    }
}

#[tokio::test]
async fn a_webhook_hears_of_each_new_request_without_its_parameters() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let hook = axum::routing::post(async move |body: axum::Json<Value>| {
        let _ = heard.send(body.0);
    });
    let receiver = tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/hook", hook)).await });
    let folder = folder(&[("policies.cedar", PAYMENTS)]);
    let service = Service::with(Options { webhook: Some(url), ..Options::new(folder.path()) }).await;
    let asked = link(&service.evaluate(&payment("sha256:a", "one")).await);
    service.evaluate(&payment("sha256:a", "one")).await;
    let told = hearing.recv().await.unwrap();
    assert_eq!((&told["url"], &told["tool"]), (&json!(asked), &json!("payments.create")));
    assert!(!told.to_string().contains("9000"));
    assert!(hearing.try_recv().is_err(), "once for each request");
    receiver.abort();
}
