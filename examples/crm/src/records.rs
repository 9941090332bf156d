//! What the CRM keeps: plain records, as both faces (MCP and REST) show them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person or company that buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// `cus_1000` and up.
    pub id: String,
    /// The person to talk to.
    pub name: String,
    /// Where mail to them goes.
    pub email: String,
    /// Who they work for.
    pub company: String,
    /// What they pay for: `free`, `team` or `enterprise`.
    pub plan: String,
    /// The account their refunds go to.
    pub iban: String,
}

/// What a customer owes or has paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invoice {
    /// `inv_2000` and up.
    pub id: String,
    /// Whose.
    pub customer_id: String,
    /// In whole units of `currency`.
    pub amount: u32,
    /// ISO 4217.
    pub currency: String,
    /// `open` or `paid`.
    pub status: String,
}

/// Money that came in or went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// `pay_3000` and up.
    pub id: String,
    /// The account that received it.
    pub payee: String,
    /// In whole units of `currency`.
    pub amount: u32,
    /// ISO 4217.
    pub currency: String,
    /// How much of it has been given back.
    pub refunded: u32,
}

/// What somebody wrote to the support desk: text that anybody on the Internet can put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// `tic_4000` and up.
    pub id: String,
    /// Whose, as far as the sender's address tells.
    pub customer_id: String,
    /// The sender's address.
    pub from: String,
    /// One line.
    pub subject: String,
    /// As it was received.
    pub body: String,
}

/// A document of the support desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// `file_5000` and up.
    pub id: String,
    /// With its extension.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mail {
    /// Every recipient.
    pub to: Vec<String>,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// An export that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// Where the rows went.
    pub destination: String,
    /// How many customers were in it.
    pub rows: usize,
}
