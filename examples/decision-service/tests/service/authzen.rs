//! The standard: its schemas, the decisions of its interop scenario, its HTTP binding.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::{Service, shipped};

/// The public AuthZEN files, or `None`, loudly, where this machine has none.
fn vectors() -> Option<PathBuf> {
    let root = std::env::var_os("TOOLGATE_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let folder = root.join("authzen");
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test runner, which would swallow it: `eprintln` of a test that passes isn't shown.
    let note = format!(
        "SKIPPED: no AuthZEN vectors in `{}`: set TOOLGATE_VECTORS to the folder that holds `authzen`\n",
        folder.display()
    );
    std::io::stderr().write_all(note.as_bytes()).unwrap();
    None
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

async fn todo() -> Service {
    Service::start(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/todo"))).await
}

#[tokio::test]
async fn the_interop_decisions_are_ours_and_their_answers_fit_the_schema() {
    let Some(folder) = vectors() else { return };
    let answers = jsonschema::validator_for(&read(&folder, "evaluation-response.schema.json")).unwrap();
    let service = todo().await;
    let mut checked = 0;
    for file in ["decisions.json", "decisions-authorization-api-1_0-02.json"] {
        for case in read(&folder, file)["evaluation"].as_array().unwrap() {
            let answer = service.evaluate(&case["request"]).await;
            assert_eq!(answer["decision"], case["expected"], "{file}: {}", case["request"]);
            assert!(answers.is_valid(&answer), "{answer}");
            checked += 1;
        }
    }
    assert_eq!(checked, 65, "the files hold 25 and 40 decisions");
    println!("authzen {checked}/65");
}

/// The questions that the filter asked in its scenarios, as their snapshots have them.
fn questions() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host-tests/tests/snapshots");
    let mut questions = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        for question in text.split("\nquestion  ").skip(1).filter(|it| it.contains("/access/v1/evaluation")) {
            // The body is the only block: from the line with its brace to the line with the other.
            let lines = question.lines().skip_while(|line| line.trim_end() != "          {");
            let end = lines.clone().position(|line| line.trim_end() == "          }").unwrap();
            let body: String = lines.take(end + 1).collect();
            let body: Value = serde_json::from_str(&body).unwrap();
            questions.extend(evaluations(&body).into_iter().map(|question| (file.display().to_string(), question)));
        }
    }
    questions
}

/// Each evaluation that a body asks for, with what all of them share (section 7.1.1).
fn evaluations(body: &Value) -> Vec<Value> {
    let Some(list) = body["evaluations"].as_array() else { return vec![body.clone()] };
    let mut shared = body.as_object().unwrap().clone();
    shared.retain(|name, _| !matches!(name.as_str(), "evaluations" | "options"));
    let with_shared = |entry: &Value| {
        let mut whole = shared.clone();
        whole.extend(entry.as_object().unwrap().clone());
        whole.into()
    };
    list.iter().map(with_shared).collect()
}

#[test]
fn what_the_filter_asks_fits_the_schema() {
    let Some(folder) = vectors() else { return };
    let schema = jsonschema::validator_for(&read(&folder, "evaluation-request.schema.json")).unwrap();
    let questions = questions();
    for (file, question) in &questions {
        let errors: Vec<_> = schema.iter_errors(question).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {}", errors.join("; "));
    }
    assert!(questions.len() > 20, "only {} questions are in the snapshots", questions.len());
    println!("authzen-requests {0}/{0}", questions.len());
}

#[tokio::test]
async fn the_interop_batches_are_answered_in_order() {
    let Some(folder) = vectors() else { return };
    let service = todo().await;
    let cases = read(&folder, "decisions-authorization-api-1_0-02.json");
    for case in cases["evaluations"].as_array().unwrap() {
        let answer = service.ask("/access/v1/evaluations", &case["request"]).await;
        let decisions =
            |list: &Value| list.as_array().unwrap().iter().map(|d| d["decision"].clone()).collect::<Vec<_>>();
        assert_eq!(decisions(&answer["evaluations"]), decisions(&case["expected"]));
    }
}

#[tokio::test]
async fn what_the_request_schema_refuses_is_400_and_what_it_accepts_is_answered() {
    let Some(folder) = vectors() else { return };
    let schema = jsonschema::validator_for(&read(&folder, "evaluation-request.schema.json")).unwrap();
    let service = todo().await;
    let good = json!({"subject": {"type": "user", "id": "a", "properties": {}}, "action": {"name": "read", "properties": {}},
        "resource": {"type": "todo", "id": "1", "properties": {}}, "context": {}});
    let mut bodies = vec![good.clone(), json!([]), json!(null)];
    for pointer in [
        "/subject",
        "/subject/type",
        "/subject/id",
        "/subject/properties",
        "/action",
        "/action/name",
        "/action/properties",
        "/resource",
        "/resource/type",
        "/resource/id",
        "/resource/properties",
        "/context",
    ] {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut without = good.clone();
        without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        bodies.push(without);
        for wrong in [json!(null), json!(7), json!([])] {
            let mut body = good.clone();
            *body.pointer_mut(pointer).unwrap() = wrong;
            bodies.push(body);
        }
    }
    for body in bodies {
        let expected = if schema.is_valid(&body) { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        let response = service.post("/access/v1/evaluation", body.to_string()).await;
        assert_eq!(response.status(), expected, "{body}");
    }
}

#[tokio::test]
async fn semantics_stop_where_they_say() {
    let (service, _folder) = Service::of("@id(\"p\") permit (principal, action, resource == doc::\"yes\");").await;
    for (semantic, expected) in [
        (None, vec![true, false, true, false]),
        (Some("execute_all"), vec![true, false, true, false]),
        (Some("deny_on_first_deny"), vec![true, false]),
        (Some("permit_on_first_permit"), vec![true]),
    ] {
        let mut question = json!({
            "subject": {"type": "user", "id": "a"}, "action": {"name": "read"}, "resource": {"type": "doc", "id": "yes"},
            "evaluations": [{}, {"resource": {"type": "doc", "id": "no"}}, {}, {"resource": "not AuthZEN"}]
        });
        if let Some(semantic) = semantic {
            question["options"] = json!({"evaluations_semantic": semantic});
        }
        let answer = service.ask("/access/v1/evaluations", &question).await;
        let items = answer["evaluations"].as_array().unwrap();
        let decisions: Vec<bool> = items.iter().map(|item| item["decision"].as_bool().unwrap()).collect();
        assert_eq!(decisions, expected, "{semantic:?}");
        if let Some(malformed) = items.get(3) {
            assert_eq!(
                malformed["context"]["error"],
                json!({"status": 400,
                "message": "`/evaluations/3/resource` is a string: it must be an object"})
            );
        }
    }
}

#[tokio::test]
async fn without_evaluations_a_batch_is_a_single_question() {
    let service = todo().await;
    let mut question = json!({"subject": {"type": "user", "id": "a"}, "action": {"name": "can_read_todos"}, "resource": {"type": "todo", "id": "1"}});
    assert_eq!(service.ask("/access/v1/evaluations", &question).await["decision"], true);
    question["evaluations"] = json!([]);
    assert_eq!(service.ask("/access/v1/evaluations", &question).await["decision"], true);
}

#[tokio::test]
async fn a_request_id_comes_back_with_answers_and_with_errors() {
    let service = Service::start(shipped()).await;
    for (path, body) in [("/access/v1/evaluation", "{}"), ("/nowhere", "")] {
        let request = Client::new().post(format!("{}{path}", service.url)).header("x-request-id", "id 1/ü");
        let response = request.body(body).send().await.unwrap();
        assert!(response.status().is_client_error());
        assert_eq!(response.headers()["x-request-id"].as_bytes(), "id 1/ü".as_bytes());
    }
    let answered =
        Client::new().get(format!("{}/healthz", service.url)).header("x-request-id", "2").send().await.unwrap();
    assert_eq!(answered.headers()["x-request-id"], "2");
}

#[tokio::test]
async fn the_metadata_names_the_endpoints() {
    let service = Service::start(shipped()).await;
    let url = &service.url;
    let response = reqwest::get(format!("{url}/.well-known/authzen-configuration")).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let found: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(
        found,
        json!({
            "policy_decision_point": url,
            "access_evaluation_endpoint": format!("{url}/access/v1/evaluation"),
            "access_evaluations_endpoint": format!("{url}/access/v1/evaluations"),
        })
    );
}
