//! The only part that knows a proxy exists: proxy-wasm callbacks in, host calls out.
//!
//! It decides nothing. [`stream`] turns callbacks into [`crate::exchange::Input`]s and carries out the
//! [`crate::exchange::Step`]s that come back; [`host`] holds every host call.

mod books;
mod exporter;
mod host;
mod meters;
mod publications;
mod root;
mod stream;
mod waiting;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(root::Root::new(id)));
}}
