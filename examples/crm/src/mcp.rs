//! The MCP face: streamable HTTP, both eras of the protocol, no sessions.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{Json, ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Crm;
use crate::parameters::{
    CreatePayment, DeleteInvoice, ExportCustomers, GetCustomer, ReadFile, ReadTicket, RefundPayment, SearchCustomers,
    SendEmail,
};
use crate::records::{Customer, Export, File, Invoice, Mail, Payment, Ticket};
use crate::store::NotDone;

/// What a tool answers: its record, or a text with `isError`.
type Answer<T> = Result<Json<T>, String>;

fn answer<T>(done: Result<T, NotDone>) -> Answer<T> {
    done.map(Json).map_err(|not_done| not_done.to_string())
}

/// A tool's structured result is an object, so a list needs a name.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// Everybody who matched, up to the limit.
    customers: Vec<Customer>,
}

#[derive(Clone)]
struct Tools(Crm);

#[tool_router]
impl Tools {
    /// Read a support ticket.
    #[tool(name = "tickets.read", annotations(read_only_hint = true))]
    fn read_ticket(&self, Parameters(asked): Parameters<ReadTicket>) -> Answer<Ticket> {
        answer(self.0.store().read_ticket(&asked))
    }

    /// Read one customer's record.
    #[tool(name = "customers.get", annotations(read_only_hint = true))]
    fn get_customer(&self, Parameters(asked): Parameters<GetCustomer>) -> Answer<Customer> {
        answer(self.0.store().get_customer(&asked))
    }

    /// Find customers by a part of their name, company or address.
    #[tool(name = "customers.search", annotations(read_only_hint = true))]
    fn search_customers(&self, Parameters(asked): Parameters<SearchCustomers>) -> Answer<Found> {
        answer(Ok(Found { customers: self.0.store().search_customers(&asked) }))
    }

    /// Send all customers to a destination.
    #[tool(name = "customers.export", annotations(destructive_hint = false))]
    fn export_customers(&self, Parameters(asked): Parameters<ExportCustomers>) -> Answer<Export> {
        answer(Ok(self.0.store().export_customers(asked)))
    }

    /// Delete an invoice for good.
    #[tool(name = "invoices.delete", annotations(destructive_hint = true))]
    fn delete_invoice(&self, Parameters(asked): Parameters<DeleteInvoice>) -> Answer<Invoice> {
        answer(self.0.store().delete_invoice(&asked))
    }

    /// Send a mail in the company's name.
    #[tool(name = "email.send", annotations(destructive_hint = false))]
    fn send_email(&self, Parameters(asked): Parameters<SendEmail>) -> Answer<Mail> {
        answer(Ok(self.0.store().send_email(asked)))
    }

    /// Pay somebody from the company's account.
    #[tool(name = "payments.create", annotations(destructive_hint = true))]
    fn create_payment(&self, Parameters(asked): Parameters<CreatePayment>) -> Answer<Payment> {
        answer(Ok(self.0.store().create_payment(asked)))
    }

    /// Give a customer's money back, to the account it came from.
    #[tool(name = "payments.refund", annotations(destructive_hint = true))]
    fn refund_payment(&self, Parameters(asked): Parameters<RefundPayment>) -> Answer<Payment> {
        answer(self.0.store().refund_payment(&asked))
    }

    /// Read one of the support desk's documents.
    #[tool(name = "files.read", annotations(read_only_hint = true))]
    fn read_file(&self, Parameters(asked): Parameters<ReadFile>) -> Answer<File> {
        answer(self.0.store().read_file(&asked))
    }
}

#[tool_handler(
    name = "crm",
    instructions = "Customers, invoices, payments, tickets, mail and files of the support desk."
)]
impl ServerHandler for Tools {}

/// The service under `/mcp`.
///
/// Any `Host` is accepted: names are the business of the gateway in front, which browsers reach and this server is not meant to.
pub(crate) fn service(crm: Crm) -> StreamableHttpService<impl ServerHandler, NeverSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts();
    StreamableHttpService::new(move || Ok(Tools(crm.clone())), NeverSessionManager::default().into(), config)
}
