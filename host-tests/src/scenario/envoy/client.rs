//! A client that sends exactly the bytes it is told to, and doesn't mind an early answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::scenario::message::{AUTHORITY, Message};
use crate::scenario::outcome::{Response, telling};

/// How long an answer may take: far more than any timeout in a scenario.
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends `message` to the gateway at `port` and reads its answer.
///
/// # Errors
/// When there is no answer, or it isn't HTTP.
pub(super) fn send(message: &Message, port: u16) -> Result<Response> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("can't connect to Envoy")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A gateway that refuses early stops reading; what it says is still there to be read.
    match stream.write_all(&wire(message)) {
        Err(error) if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => return Err(error.into()),
        _ => {}
    }
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if answer.is_empty() => return Err(error).context("no answer from Envoy"),
        _ => parse(&answer),
    }
}

fn wire(message: &Message) -> Vec<u8> {
    let mut wire = format!("{} {} HTTP/1.1\r\nhost: {AUTHORITY}\r\nconnection: close\r\n", message.method, message.path).into_bytes();
    fn field(wire: &mut Vec<u8>, name: &str, value: &[u8]) {
        wire.extend_from_slice(name.as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value);
        wire.extend_from_slice(b"\r\n");
    }
    for (name, value) in &message.headers {
        field(&mut wire, name, value);
    }
    let body = message.body.as_deref().unwrap_or_default();
    if message.trailers.is_empty() {
        if message.body.is_some() {
            field(&mut wire, "content-length", body.len().to_string().as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(body);
        return wire;
    }
    field(&mut wire, "transfer-encoding", b"chunked");
    wire.extend_from_slice(b"\r\n");
    if !body.is_empty() {
        wire.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        wire.extend_from_slice(body);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n");
    for (name, value) in &message.trailers {
        field(&mut wire, name, value);
    }
    wire.extend_from_slice(b"\r\n");
    wire
}

fn parse(answer: &[u8]) -> Result<Response> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = head.parse(answer).context("the answer is not HTTP")? else {
        bail!("the answer breaks off in its headers");
    };
    let rest = answer.get(length..).unwrap_or_default();
    let chunked = head.headers.iter().any(|field| field.name.eq_ignore_ascii_case("transfer-encoding"));
    let body = if chunked { dechunked(rest)? } else { rest.to_vec() };
    let headers = head.headers.iter().map(|field| (field.name.to_string(), field.value.to_vec()));
    Ok(Response { status: head.code.unwrap_or_default(), headers: telling(headers), body })
}

fn dechunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) else {
            bail!("the answer breaks off in its body");
        };
        if size == 0 {
            return Ok(body);
        }
        let end = start.saturating_add(usize::try_from(size)?);
        body.extend_from_slice(rest.get(start..end).context("the answer breaks off in a chunk")?);
        rest = rest.get(end.saturating_add(2)..).context("the answer breaks off behind a chunk")?;
    }
}
