//! A small customer-relationship service to put behind a gateway: customers, invoices, payments, tickets, mail and files.
//!
//! It has two faces over one [`Store`]: an MCP server under `/mcp` (the official Rust SDK, streamable HTTP, the protocol of 2026-07-28
//! as well as the older ones) and a REST API under `/v1/`. It checks no rights and does what it is asked, as many tools do, unless
//! it is given a [`Guard`], which wants a token where money moves; a [`Journal`] in front of both faces notes what really arrived, so that a gate's claims can be checked against it.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let crm = toolgate_crm::Crm::default();
//! tokio::spawn(toolgate_crm::serve(listener, crm.clone()));
//! // … let an agent call it …
//! assert!(crm.store().outbox.is_empty());
//! assert!(crm.journal().is_empty());
//! # Ok(())
//! # }
//! ```

mod guard;
mod journal;
mod mcp;
pub mod parameters;
pub mod records;
mod rest;
mod seed;
mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;

pub use guard::{Credential, Guard, PAYMENTS};
pub use journal::{Entry, Journal};
pub use seed::OUR_ACCOUNT;
pub use store::{NotDone, Store};

/// One CRM: its records and its journal. Clones are the same CRM.
#[derive(Debug, Clone, Default)]
pub struct Crm {
    store: Arc<Mutex<Store>>,
    journal: Journal,
    guard: Option<Arc<Guard>>,
}

impl Crm {
    /// One that wants a token where money moves.
    #[must_use]
    pub fn guarded(guard: Guard) -> Self {
        Self { guard: Some(Arc::new(guard)), ..Self::default() }
    }

    fn guard(&self) -> Option<&Guard> {
        self.guard.as_deref()
    }

    /// The records as they are now; hold it briefly, every request needs it.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What arrived.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

/// Both faces, with the journal in front.
pub fn router(crm: Crm) -> Router {
    rest::router()
        .with_state(crm.clone())
        .nest_service("/mcp", mcp::service(crm.clone()))
        .layer(from_fn_with_state(crm, journal::note))
}

/// Serves both faces on `listener` until the task is dropped.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, crm: Crm) -> std::io::Result<()> {
    axum::serve(listener, router(crm)).await
}
