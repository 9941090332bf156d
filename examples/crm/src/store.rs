//! What the tools do. No rights are checked here: the CRM does what it is asked, as many tools do; the gate in front decides.

use std::fmt;

use crate::parameters::{
    CreatePayment, DeleteInvoice, ExportCustomers, GetCustomer, ReadFile, ReadTicket, RefundPayment, SearchCustomers,
    SendEmail,
};
use crate::records::{Customer, Export, File, Invoice, Mail, Payment, Ticket};
use crate::seed::Seed;

/// All records, and what was done to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Everybody who buys.
    pub customers: Vec<Customer>,
    /// Those not deleted.
    pub invoices: Vec<Invoice>,
    /// Every one ever made.
    pub payments: Vec<Payment>,
    /// Everything received.
    pub tickets: Vec<Ticket>,
    /// The support desk's documents.
    pub files: Vec<File>,
    /// Every mail that was sent.
    pub outbox: Vec<Mail>,
    /// Every export that was made.
    pub exports: Vec<Export>,
}

/// Why a tool did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// No such record.
    NotFound {
        /// The kind of record.
        kind: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// A refund of more than was paid, or in another currency.
    NotRefundable {
        /// What the payment can still give back.
        left: u32,
        /// In which currency.
        currency: String,
    },
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { kind, id } => write!(f, "there is no {kind} `{id}`"),
            Self::NotRefundable { left, currency } => {
                write!(f, "at most {left} {currency} can be refunded")
            }
        }
    }
}

impl std::error::Error for NotDone {}

fn found<T>(record: Option<T>, kind: &'static str, id: &str) -> Result<T, NotDone> {
    record.ok_or_else(|| NotDone::NotFound { kind, id: id.to_owned() })
}

impl Default for Store {
    fn default() -> Self {
        let Seed { customers, invoices, payments, tickets, files } = Seed::generate();
        Self { customers, invoices, payments, tickets, files, outbox: vec![], exports: vec![] }
    }
}

impl Store {
    pub(crate) fn read_ticket(&self, asked: &ReadTicket) -> Result<Ticket, NotDone> {
        found(self.tickets.iter().find(|ticket| ticket.id == asked.ticket_id).cloned(), "ticket", &asked.ticket_id)
    }

    pub(crate) fn get_customer(&self, asked: &GetCustomer) -> Result<Customer, NotDone> {
        let customer = self.customers.iter().find(|customer| customer.id == asked.customer_id);
        found(customer.cloned(), "customer", &asked.customer_id)
    }

    pub(crate) fn search_customers(&self, asked: &SearchCustomers) -> Vec<Customer> {
        let wanted = asked.query.as_deref().unwrap_or_default().to_lowercase();
        let matches = |customer: &&Customer| {
            [&customer.name, &customer.company, &customer.email]
                .iter()
                .any(|field| field.to_lowercase().contains(&wanted))
        };
        self.customers.iter().filter(matches).take(asked.limit.unwrap_or(usize::MAX)).cloned().collect()
    }

    /// Nothing leaves this process: the export is only noted.
    pub(crate) fn export_customers(&mut self, asked: ExportCustomers) -> Export {
        let export = Export { destination: asked.destination, rows: self.customers.len() };
        self.exports.push(export.clone());
        export
    }

    pub(crate) fn delete_invoice(&mut self, asked: &DeleteInvoice) -> Result<Invoice, NotDone> {
        let place = self.invoices.iter().position(|invoice| invoice.id == asked.invoice_id);
        found(place, "invoice", &asked.invoice_id).map(|place| self.invoices.remove(place))
    }

    /// Nothing leaves this process: the mail is only noted.
    pub(crate) fn send_email(&mut self, asked: SendEmail) -> Mail {
        let mail = Mail { to: asked.to, subject: asked.subject, body: asked.body };
        self.outbox.push(mail.clone());
        mail
    }

    pub(crate) fn create_payment(&mut self, asked: CreatePayment) -> Payment {
        let CreatePayment { payee, amount, currency, reference: _ } = asked;
        let payment = Payment {
            id: format!("pay_{}", 3000_usize.saturating_add(self.payments.len())),
            payee,
            amount,
            currency,
            refunded: 0,
        };
        self.payments.push(payment.clone());
        payment
    }

    pub(crate) fn refund_payment(&mut self, asked: &RefundPayment) -> Result<Payment, NotDone> {
        let payment = self.payments.iter_mut().find(|payment| payment.id == asked.payment_id);
        let payment = found(payment, "payment", &asked.payment_id)?;
        let left = payment.amount.saturating_sub(payment.refunded);
        if asked.amount > left || asked.currency != payment.currency {
            return Err(NotDone::NotRefundable { left, currency: payment.currency.clone() });
        }
        payment.refunded = payment.refunded.saturating_add(asked.amount);
        Ok(payment.clone())
    }

    pub(crate) fn read_file(&self, asked: &ReadFile) -> Result<File, NotDone> {
        found(self.files.iter().find(|file| file.id == asked.file_id).cloned(), "file", &asked.file_id)
    }
}
