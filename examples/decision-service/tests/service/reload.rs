//! Policies change while the service runs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Service, folder};

const PERMIT: &str = "@id(\"yes\") permit (principal, action, resource);";
const FORBID: &str = "@id(\"no\") forbid (principal, action, resource);";

fn question() -> Value {
    json!({"subject": {"type": "user", "id": "a"}, "action": {"name": "read"}, "resource": {"type": "doc", "id": "1"}})
}

/// Asks `/healthz` until it says so.
async fn health_that(service: &Service, fits: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        loop {
            let health = service.health().await;
            if fits(&health) {
                return health;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("the change was not seen within 30 s")
}

#[tokio::test]
async fn a_changed_policy_decides_and_a_broken_one_leaves_the_last_good_set() {
    let files = folder(&[("a.cedar", PERMIT)]);
    let service = Service::start(files.path()).await;
    let first = service.health().await;
    assert_eq!((&first["status"], &first["policies"]), (&json!("ok"), &json!(1)));
    assert_eq!(service.evaluate(&question()).await["decision"], true);

    std::fs::write(files.path().join("b.cedar"), FORBID).unwrap();
    let second = health_that(&service, |health| health["policies"] == 2).await;
    assert_ne!(first["policy_version"], second["policy_version"]);
    let answer = service.evaluate(&question()).await;
    assert_eq!((&answer["decision"], &answer["context"]["policy_version"]), (&json!(false), &second["policy_version"]));

    std::fs::write(files.path().join("b.cedar"), "forbid (oops").unwrap();
    let stale = health_that(&service, |health| health["status"] == "stale").await;
    assert_eq!(stale["policy_version"], second["policy_version"]);
    assert!(stale["error"].as_str().unwrap().contains("b.cedar line 1"), "{stale}");
    assert_eq!(service.evaluate(&question()).await["decision"], false, "the last good set still forbids");

    std::fs::remove_file(files.path().join("b.cedar")).unwrap();
    let repaired = health_that(&service, |health| health["status"] == "ok").await;
    assert_eq!(repaired["policy_version"], first["policy_version"]);
    assert_eq!(service.evaluate(&question()).await["decision"], true);
}

#[tokio::test]
async fn a_folder_that_vanishes_leaves_the_last_good_set() {
    let files = folder(&[("a.cedar", FORBID)]);
    let service = Service::start(files.path()).await;
    files.close().unwrap();
    let stale = health_that(&service, |health| health["status"] == "stale").await;
    assert!(stale["error"].as_str().unwrap().starts_with("can't read the folder of policies"), "{stale}");
    assert_eq!(service.evaluate(&question()).await["context"]["policies"], json!(["no"]));
}
