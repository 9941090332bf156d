//! The same request, many times, over connections that are kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use crate::scenario::message::Message;

/// So many at a time.
const CONNECTIONS: usize = 4;
/// Longer than anything is held.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `message` so often; every answer must be a 200.
///
/// # Errors
/// The first that is none.
pub(super) fn repeat(message: &Message, port: u16, times: usize) -> Result<()> {
    let request = written(message);
    let share = times.div_ceil(CONNECTIONS);
    thread::scope(|scope| {
        let shares = (0..CONNECTIONS).map(|number| share.min(times.saturating_sub(share.saturating_mul(number))));
        let request = &request;
        let running: Vec<_> = shares.map(|share| scope.spawn(move || send(request, port, share))).collect();
        for thread in running {
            thread.join().map_err(|_| anyhow!("a connection's thread panicked"))??;
        }
        Ok(())
    })
}

fn written(message: &Message) -> Vec<u8> {
    let body = message.body.as_deref().unwrap_or_default();
    let mut bytes = format!(
        "{} {} HTTP/1.1\r\nhost: gateway.example.com\r\ncontent-length: {}\r\n",
        message.method,
        message.path,
        body.len()
    )
    .into_bytes();
    for (name, value) in &message.headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend([b"\r\n", body].concat());
    bytes
}

fn send(request: &[u8], port: u16, times: usize) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    for _ in 0..times {
        stream.write_all(request)?;
        answered(&mut reader)?;
    }
    Ok(())
}

/// Reads one answer, which has a length.
fn answered(reader: &mut impl BufRead) -> Result<()> {
    let mut status = String::new();
    ensure!(reader.read_line(&mut status)? > 0, "Envoy closed the connection");
    let mut length = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = Some(value.trim().parse()?),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    reader.take(length.context("an answer without a length")?).read_to_end(&mut body)?;
    ensure!(status.starts_with("HTTP/1.1 200"), "found `{}`: {}", status.trim_end(), String::from_utf8_lossy(&body));
    Ok(())
}
