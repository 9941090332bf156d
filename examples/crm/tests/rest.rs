//! The REST face over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use toolgate_crm::{Crm, serve};

async fn start() -> (String, Crm) {
    let crm = Crm::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, crm.clone()));
    (base, crm)
}

#[tokio::test]
async fn a_limit_bounds_what_is_read() {
    let (base, _) = start().await;
    let read = async |path: &str| -> Vec<Value> {
        Client::new().get(format!("{base}/{path}")).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(read("customers?limit=3").await.len(), 3);
    assert_eq!(read("customers").await.len(), 48);
}

#[tokio::test]
async fn a_refund_counts_down_what_is_left() {
    let (base, crm) = start().await;
    let refund = async |amount: u32| {
        let body = json!({"amount": amount, "currency": "USD"});
        Client::new().post(format!("{base}/payments/pay_3021/refund")).json(&body).send().await.unwrap().status()
    };
    assert_eq!(refund(640).await, StatusCode::OK);
    assert_eq!(refund(640).await, StatusCode::CONFLICT);
    assert_eq!(crm.store().payments[21].refunded, 640);
}

#[tokio::test]
async fn headers_of_the_gate_are_noted_and_no_others() {
    let (base, crm) = start().await;
    let asked = Client::new()
        .delete(format!("{base}/invoices/inv_9"))
        .header("x-agent-id", "support-bot")
        .header("cookie", "a");
    assert_eq!(asked.bearer_auth("t").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let arrived = crm.journal().since(0);
    assert_eq!(arrived[0].gate, [("x-agent-id".to_owned(), "support-bot".to_owned())].into());
    assert_eq!((arrived[0].path.as_str(), arrived[0].bearer), ("/v1/invoices/inv_9", true));
}

#[tokio::test]
async fn two_starts_have_the_same_data() {
    let (one, two) = (Crm::default(), Crm::default());
    assert_eq!(*one.store(), *two.store());
    assert_eq!(one.store().customers.len(), 48);
}
