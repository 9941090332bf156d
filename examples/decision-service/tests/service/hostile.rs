//! Requests that mean harm, or come by mistake: an error status, a text that says what is wrong, never a decision.

use reqwest::{Client, Response, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Service, shipped};

const PATHS: [&str; 2] = ["/access/v1/evaluation", "/access/v1/evaluations"];

async fn expect(response: Response, status: StatusCode, text: &str) {
    let found = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(found, status, "{body}");
    assert!(body.contains(text), "{text:?} is not in {body:?}");
    assert!(!body.contains("decision\":"), "{body}");
}

#[tokio::test]
async fn what_is_not_strict_json_is_400() {
    let service = Service::start(shipped()).await;
    let deep = format!("{{\"context\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = r#"{"subject":{"type":"agent","id":"a","id":"b"}}"#;
    for path in PATHS {
        for (body, text) in [
            (deep.as_bytes(), "nested deeper than 64 levels"),
            (twice.as_bytes(), "the name `id` stands twice in one object"),
            (b"", "EOF"),
            (b"{} {}", "trailing characters"),
            (b"{\"a\":\"\xff\"}", "the body is not acceptable JSON"),
            (b"\xef\xbb\xbf{}", "the body is not acceptable JSON"),
            (b"{\"a\":NaN}", "the body is not acceptable JSON"),
            (b"{\"a\":1e999}", "out of range"),
            (b"{}", "`/subject` is missing: it must be an object"),
        ] {
            expect(service.post(path, body.to_vec()).await, StatusCode::BAD_REQUEST, text).await;
        }
    }
}

#[tokio::test]
async fn a_body_is_bounded_whether_or_not_it_says_its_length() {
    let service = Service::start(shipped()).await;
    let limit = 2 * 1024 * 1024;
    for path in PATHS {
        let response = service.post(path, vec![b' '; limit]).await;
        expect(response, StatusCode::BAD_REQUEST, "EOF").await;
        let response = service.post(path, vec![b' '; limit + 1]).await;
        expect(response, StatusCode::PAYLOAD_TOO_LARGE, "bigger than 2097152 bytes").await;
        assert!(chunked(&service, path, limit + 1).await.starts_with("HTTP/1.1 413 "));
    }
}

/// The head of the answer to a body that doesn't say its length.
async fn chunked(service: &Service, path: &str, size: usize) -> String {
    let address = service.url.strip_prefix("http://").unwrap();
    let (mut answer, mut question) = TcpStream::connect(address).await.unwrap().into_split();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: pdp\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n"
    );
    let sending = async {
        question.write_all(head.as_bytes()).await.unwrap();
        // The service may hang up as soon as it has seen enough.
        let _ = question.write_all(&vec![b' '; size]).await;
    };
    let mut line = [0; 13];
    let (read, ()) = tokio::join!(answer.read_exact(&mut line), sending);
    read.unwrap();
    String::from_utf8_lossy(&line).into_owned()
}

#[tokio::test]
async fn the_content_type_must_be_json_in_utf8() {
    let service = Service::start(shipped()).await;
    let send = |types: &'static [&'static str]| {
        let mut request = Client::new().post(format!("{}/access/v1/evaluation", service.url)).body("{}");
        for value in types {
            request = request.header("content-type", *value);
        }
        request.send()
    };
    for types in [
        &[][..],
        &["text/plain"],
        &["application/json; charset=utf-16"],
        &["application/jsonp"],
        &["application/json", "text/plain"],
    ] {
        expect(send(types).await.unwrap(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json").await;
    }
    for types in
        [&["application/json"][..], &["Application/JSON;charset=\"UTF-8\""], &["application/json; charset=utf-8; a=b"]]
    {
        expect(send(types).await.unwrap(), StatusCode::BAD_REQUEST, "`/subject` is missing").await;
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_405_and_404() {
    let service = Service::start(shipped()).await;
    for path in PATHS {
        let response = reqwest::get(format!("{}{path}", service.url)).await.unwrap();
        assert_eq!(response.headers()["allow"], "POST");
        expect(response, StatusCode::METHOD_NOT_ALLOWED, "allow").await;
    }
    expect(service.post("/access/v1/evaluation/", "{}").await, StatusCode::NOT_FOUND, "nothing here").await;
}

#[tokio::test]
async fn too_many_evaluations_are_400() {
    let service = Service::start(shipped()).await;
    let body = json!({"evaluations": vec![json!({}); 101]}).to_string();
    expect(service.post(PATHS[1], body).await, StatusCode::BAD_REQUEST, "at most 100").await;
}

/// Depth that JSON may have must not exhaust the stack of the thread that evaluates.
#[tokio::test]
async fn the_deepest_accepted_question_is_answered() {
    let service = Service::start(shipped()).await;
    let nested = format!("{}{}", "[".repeat(62), "]".repeat(62));
    let body = format!(
        r#"{{"subject":{{"type":"agent","id":"a"}},"action":{{"name":"read"}},"resource":{{"type":"doc","id":"1"}},"context":{{"parameters":{nested}}}}}"#
    );
    let response = service.post(PATHS[0], body).await;
    assert_eq!(response.status(), StatusCode::OK);
}
