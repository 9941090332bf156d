//! What each tool takes. The MCP face publishes these as input schemas; the REST face reads the same types from path, query and body.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of `tickets.read`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadTicket {
    /// Such as `tic_4000`.
    pub ticket_id: String,
}

/// Parameters of `customers.get`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetCustomer {
    /// Such as `cus_1000`.
    pub customer_id: String,
}

/// Parameters of `customers.search`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchCustomers {
    /// Part of a name, a company or an address; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// At most so many customers; absent: all that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Parameters of `customers.export`: every customer, sent somewhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportCustomers {
    /// The URL that receives the rows.
    pub destination: String,
    /// Which fields of a customer; empty: all.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// Parameters of `invoices.delete`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteInvoice {
    /// Such as `inv_2000`.
    pub invoice_id: String,
}

/// Parameters of `email.send`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendEmail {
    /// Every recipient's address.
    pub to: Vec<String>,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Parameters of `payments.create`: money leaves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayment {
    /// The account that receives it, an IBAN.
    pub payee: String,
    /// In whole units of `currency`.
    pub amount: u32,
    /// ISO 4217, such as `USD`.
    pub currency: String,
    /// What the payee reads.
    pub reference: String,
}

/// Parameters of `payments.refund`: money goes back to where it came from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundPayment {
    /// Such as `pay_3000`.
    pub payment_id: String,
    /// In whole units of `currency`.
    pub amount: u32,
    /// ISO 4217, such as `USD`.
    pub currency: String,
}

/// Parameters of `files.read`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadFile {
    /// Such as `file_5000`.
    pub file_id: String,
}
