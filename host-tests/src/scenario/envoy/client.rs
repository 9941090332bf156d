//! A client that sends exactly the bytes it is told to, and doesn't mind an early answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use crate::scenario::message::{AUTHORITY, Message};
use crate::scenario::outcome::{Response, telling};

/// How long an answer may take: far more than any timeout in a scenario.
const PATIENCE: Duration = Duration::from_secs(15);

/// A request that was sent, and not answered yet. A client that drops it has left.
#[derive(Debug)]
pub struct Begun(TcpStream);

impl Begun {
    /// Waits for the answer.
    ///
    /// # Errors
    /// When there is none, or it isn't HTTP.
    pub fn answer(mut self) -> Result<Response> {
        receive(&mut self.0)
    }
}

/// Sends `message` to the gateway at `port` and reads its answer.
///
/// # Errors
/// When there is no answer, or it isn't HTTP.
pub(super) fn send(message: &Message, port: u16) -> Result<Response> {
    begin(message, port)?.answer()
}

/// Sends `message` to the gateway at `port`.
///
/// # Errors
/// When it doesn't take it.
pub(super) fn begin(message: &Message, port: u16) -> Result<Begun> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("can't connect to Envoy")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A gateway that refuses early stops reading; what it says is still there to be read.
    match stream.write_all(&wire(message)) {
        Err(error) if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
            return Err(error.into());
        }
        _ => {}
    }
    Ok(Begun(stream))
}

/// How long a connection may be silent before it is taken for finished.
const SILENCE: Duration = Duration::from_secs(5);

/// Writes these pieces one after the other and reads until the gateway closes or is silent.
///
/// # Errors
/// When there is no gateway.
pub(super) fn write(pieces: &[Vec<u8>], port: u16) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("can't connect to Envoy")?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(SILENCE))?;
    for piece in pieces {
        // A gateway that refuses early stops reading.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Reads one response.
///
/// # Errors
/// When none comes, or it isn't HTTP.
pub(super) fn receive(stream: &mut TcpStream) -> Result<Response> {
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let ended = match stream.read(&mut piece) {
            Ok(length) => {
                answer.extend_from_slice(piece.get(..length).unwrap_or_default());
                length == 0
            }
            // A connection that is reset behind the answer has still brought it.
            Err(error) if answer.is_empty() => return Err(error).context("no answer from Envoy"),
            Err(_) => true,
        };
        // Envoy lingers before it closes: an answer is complete when it says so.
        if let Some(response) = parse(&answer, ended)? {
            return Ok(response);
        }
    }
}

fn wire(message: &Message) -> Vec<u8> {
    let mut wire =
        format!("{} {} HTTP/1.1\r\nhost: {AUTHORITY}\r\nconnection: close\r\n", message.method, message.path)
            .into_bytes();
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
    if !message.is_chunked() {
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

/// The response, once it is complete; `ended` says that nothing more comes.
fn parse(answer: &[u8], ended: bool) -> Result<Option<Response>> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut fields);
    let body = match head.parse(answer).context("the answer is not HTTP")? {
        httparse::Status::Complete(length) => body(&head, answer.get(length..).unwrap_or_default(), ended)?,
        httparse::Status::Partial => None,
    };
    let Some(body) = body else {
        ensure!(!ended, "the answer breaks off: `{}`", answer.escape_ascii());
        return Ok(None);
    };
    let headers = head.headers.iter().map(|field| (field.name.to_string(), field.value.to_vec()));
    Ok(Some(Response { status: head.code.unwrap_or_default(), headers: telling(headers), body }))
}

fn body(head: &httparse::Response<'_, '_>, rest: &[u8], ended: bool) -> Result<Option<Vec<u8>>> {
    let field =
        |name: &str| head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
    if matches!(head.code, Some(204 | 304)) {
        return Ok(Some(Vec::new()));
    }
    if field("transfer-encoding").is_some() {
        return dechunked(rest);
    }
    match field("content-length") {
        Some(length) => Ok(rest.get(..std::str::from_utf8(length)?.parse()?).map(<[u8]>::to_vec)),
        None => Ok(ended.then(|| rest.to_vec())),
    }
}

/// The body without its chunks' frames, once the last one is there.
fn dechunked(mut rest: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(rest).map_err(|_| anyhow!("a chunk of the answer has no size"))?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        let end = start.saturating_add(usize::try_from(size)?);
        let (Some(chunk), Some(behind)) = (rest.get(start..end), rest.get(end.saturating_add(2)..)) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        rest = behind;
    }
}
