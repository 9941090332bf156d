//! The REST face: the same operations under `/v1/`, for agents that call HTTP APIs.
//!
//! | operation | tool |
//! |---|---|
//! | `GET /v1/tickets/{id}` | `tickets.read` |
//! | `GET /v1/customers/{id}` | `customers.get` |
//! | `GET /v1/customers?query=&limit=` | `customers.search` |
//! | `POST /v1/customers/export` | `customers.export` |
//! | `DELETE /v1/invoices/{id}` | `invoices.delete` |
//! | `POST /v1/emails` | `email.send` |
//! | `POST /v1/payments` | `payments.create` |
//! | `POST /v1/payments/{id}/refund` | `payments.refund` |
//! | `GET /v1/files/{id}` | `files.read` |

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Crm;
use crate::parameters::{
    CreatePayment, DeleteInvoice, ExportCustomers, GetCustomer, ReadFile, ReadTicket, RefundPayment, SearchCustomers,
    SendEmail,
};
use crate::store::NotDone;

pub(crate) fn router() -> Router<Crm> {
    Router::new()
        .route("/v1/tickets/{id}", get(read_ticket))
        .route("/v1/customers", get(search_customers))
        .route("/v1/customers/export", post(export_customers))
        .route("/v1/customers/{id}", get(get_customer))
        .route("/v1/invoices/{id}", delete(delete_invoice))
        .route("/v1/emails", post(send_email))
        .route("/v1/payments", post(create_payment))
        .route("/v1/payments/{id}/refund", post(refund_payment))
        .route("/v1/files/{id}", get(read_file))
}

/// The body of a refund: the payment's id is in the path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    amount: u32,
    currency: String,
}

fn answer<T: Serialize>(done: Result<T, NotDone>) -> Response {
    match done {
        Ok(record) => Json(record).into_response(),
        Err(not_done) => {
            let status = match not_done {
                NotDone::NotFound { .. } => StatusCode::NOT_FOUND,
                NotDone::NotRefundable { .. } => StatusCode::CONFLICT,
            };
            (status, Json(json!({"error": not_done.to_string()}))).into_response()
        }
    }
}

async fn read_ticket(State(crm): State<Crm>, Path(ticket_id): Path<String>) -> Response {
    answer(crm.store().read_ticket(&ReadTicket { ticket_id }))
}

async fn get_customer(State(crm): State<Crm>, Path(customer_id): Path<String>) -> Response {
    answer(crm.store().get_customer(&GetCustomer { customer_id }))
}

async fn search_customers(State(crm): State<Crm>, Query(asked): Query<SearchCustomers>) -> Response {
    answer(Ok(crm.store().search_customers(&asked)))
}

async fn export_customers(State(crm): State<Crm>, Json(asked): Json<ExportCustomers>) -> Response {
    answer(Ok(crm.store().export_customers(asked)))
}

async fn delete_invoice(State(crm): State<Crm>, Path(invoice_id): Path<String>) -> Response {
    answer(crm.store().delete_invoice(&DeleteInvoice { invoice_id }))
}

async fn send_email(State(crm): State<Crm>, Json(asked): Json<SendEmail>) -> Response {
    answer(Ok(crm.store().send_email(asked)))
}

async fn create_payment(State(crm): State<Crm>, Json(asked): Json<CreatePayment>) -> Response {
    answer(Ok(crm.store().create_payment(asked)))
}

async fn refund_payment(State(crm): State<Crm>, Path(payment_id): Path<String>, Json(body): Json<Refund>) -> Response {
    let Refund { amount, currency } = body;
    answer(crm.store().refund_payment(&RefundPayment { payment_id, amount, currency }))
}

async fn read_file(State(crm): State<Crm>, Path(file_id): Path<String>) -> Response {
    answer(crm.store().read_file(&ReadFile { file_id }))
}
