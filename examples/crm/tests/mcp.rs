//! The MCP face, through the official client over real sockets, in both eras of the protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use toolgate_crm::{Crm, serve};

type Client = RunningService<RoleClient, ClientConfig>;

async fn connect(lifecycle: ClientLifecycleMode) -> (Client, Crm) {
    let crm = Crm::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, crm.clone()));
    let transport = StreamableHttpClientTransport::from_uri(uri);
    (ClientConfig::default().serve_with_lifecycle(transport, lifecycle).await.unwrap(), crm)
}

fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}

async fn call(client: &Client, tool: &'static str, arguments: Value) -> CallToolResult {
    let arguments = arguments.as_object().unwrap().clone();
    client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap()
}

#[tokio::test]
async fn every_tool_is_listed_with_its_schema() {
    let (client, _) = connect(modern()).await;
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "customers.export",
            "customers.get",
            "customers.search",
            "email.send",
            "files.read",
            "invoices.delete",
            "payments.create",
            "payments.refund",
            "tickets.read"
        ]
    );
    let refund = tools.iter().find(|tool| tool.name == "payments.refund").unwrap();
    assert_eq!(refund.input_schema["required"], json!(["payment_id", "amount", "currency"]));
}

#[tokio::test]
async fn both_eras_read_the_same_customer() {
    let (modern, crm) = connect(modern()).await;
    let (legacy, _) = connect(ClientLifecycleMode::Initialize).await;
    let asked = json!({"customer_id": "cus_1007"});
    let new = call(&modern, "customers.get", asked.clone()).await.structured_content.unwrap();
    let old = call(&legacy, "customers.get", asked).await.structured_content.unwrap();
    assert_eq!(new, old);
    assert_eq!(new["id"], "cus_1007");
    assert_eq!(new["name"], crm.store().customers[7].name.as_str());
}

#[tokio::test]
async fn what_arrived_is_in_the_journal() {
    let (client, crm) = connect(modern()).await;
    let mark = crm.journal().len();
    call(&client, "invoices.delete", json!({"invoice_id": "inv_2012"})).await;
    let arrived = crm.journal().since(mark);
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].tool(), Some("invoices.delete"));
    assert_eq!(arrived[0].body["params"]["arguments"]["invoice_id"], "inv_2012");
    assert_eq!((arrived[0].status, arrived[0].bearer), (200, false));
    assert!(crm.store().invoices.iter().all(|invoice| invoice.id != "inv_2012"));
}

#[tokio::test]
async fn a_tool_that_did_nothing_says_why() {
    let (client, _) = connect(modern()).await;
    let too_much = json!({"payment_id": "pay_3021", "amount": 1001, "currency": "USD"});
    let refused = call(&client, "payments.refund", too_much).await;
    assert_eq!(refused.is_error, Some(true));
    assert_eq!(refused.content[0].as_text().unwrap().text, "at most 1000 USD can be refunded");
}
