//! The cheapest HTTP/1.1 server that keeps its connections: what stands behind Envoy must not be what is measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use super::cpu;

/// What an MCP server answers to a tool call.
pub(super) const TOOL_RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ok"}]}}"#;
/// What a decision service answers that permits everything (AuthZEN 1.0). Envoy's ext_authz looks at the status only.
pub(super) const PERMIT: &str = r#"{"decision":true}"#;

/// A server that gives one answer to everything.
#[derive(Debug)]
pub(super) struct Server {
    name: &'static str,
    address: SocketAddr,
}

impl Server {
    /// Starts answering with `answer`, on threads called `name`.
    ///
    /// # Errors
    /// No port or no thread could be had.
    pub(super) fn start(name: &'static str, answer: &'static str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("can't listen")?;
        let address = listener.local_addr()?;
        thread::Builder::new().name(name.into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // A connection that breaks is Envoy's to open again.
                let serve = move || drop(serve(&stream, answer));
                drop(thread::Builder::new().name(name.into()).spawn(serve));
            }
        })?;
        Ok(Self { name, address })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Processor time that it has used so far.
    ///
    /// # Errors
    /// As [`cpu::used`].
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::used("self", Some(self.name))
    }
}

fn serve(stream: &TcpStream, answer: &str) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
        answer.len()
    );
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    let mut line = String::new();
    loop {
        let mut length = 0;
        let mut chunked = false;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            match name {
                "content-length" => length = value.trim().parse()?,
                "transfer-encoding" => chunked = true,
                _ => {}
            }
        }
        if chunked {
            skip_chunks(&mut reader)?;
        } else {
            skip(&mut reader, length)?;
        }
        (&*stream).write_all(response.as_bytes())?;
    }
}

fn skip(reader: &mut impl Read, length: u64) -> anyhow::Result<()> {
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(())
}

fn skip_chunks(reader: &mut impl BufRead) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim_end(), 16).context("a chunk without a size")?;
        skip(reader, size.saturating_add(2))?;
        if size == 0 {
            return Ok(());
        }
    }
}
