//! The load: tool calls over connections that are kept, on each of which a call is sent when the one before was answered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};

/// Requests to one lane, written out before the clock runs.
#[derive(Debug)]
pub(super) struct Load {
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
}

/// How long the requests took.
#[derive(Debug)]
pub(super) struct Timing {
    /// Each request's latency.
    pub(super) latencies: Vec<Duration>,
    /// From the first byte of the first request to the last byte of the last answer.
    pub(super) total: Duration,
}

impl Load {
    /// So many requests with bodies of `body` bytes, each with what `authorization` gives.
    ///
    /// # Errors
    /// As `authorization`.
    pub(super) fn new(
        address: SocketAddr,
        body: usize,
        requests: usize,
        authorization: &dyn Fn() -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let body = tool_call(body)?;
        let requests = (0..requests).map(|_| Ok(request(&authorization()?, &body))).collect::<anyhow::Result<_>>()?;
        Ok(Self { address, requests })
    }

    /// Sends all requests, shared among so many connections.
    ///
    /// # Errors
    /// A request is answered with something else than 200: then the lane does not do what it is said to do.
    #[expect(clippy::disallowed_methods, reason = "a benchmark is there to look at the clock")]
    pub(super) fn run(&self, connections: usize) -> anyhow::Result<Timing> {
        let start = Instant::now();
        let shares = self.requests.chunks(self.requests.len().div_ceil(connections.max(1)).max(1));
        let latencies = thread::scope(|scope| {
            let running: Vec<_> = shares.map(|share| scope.spawn(|| send(self.address, share))).collect();
            let ended = running
                .into_iter()
                .map(|thread| thread.join().map_err(|_| anyhow!("a connection's thread panicked"))?);
            ended.collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(Timing { latencies: latencies.into_iter().flatten().collect(), total: start.elapsed() })
    }
}

/// Sends requests over one connection; the latency of each.
#[expect(clippy::disallowed_methods, reason = "a benchmark is there to look at the clock")]
fn send(address: SocketAddr, requests: &[Vec<u8>]) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).context("can't connect to Envoy")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut latencies = Vec::with_capacity(requests.len());
    for request in requests {
        let sent = Instant::now();
        stream.write_all(request)?;
        read_answer(&mut reader)?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// What an MCP client says beside its token.
pub(super) const HEADERS: [(&str, &str); 3] = [
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2025-11-25"),
];

fn request(authorization: &str, body: &str) -> Vec<u8> {
    let headers: String = HEADERS.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: gateway.example.com\r\nauthorization: {authorization}\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What fills a larger call: prose, as documents and messages are.
const PROSE: &str = "The order of last month came late; nobody knows why, but 12 of the 40 boxes were open. ";

/// A call of exactly `size` bytes: what a larger one has more is one long text among its arguments.
pub(super) fn tool_call(size: usize) -> anyhow::Result<String> {
    let (head, tail) = (
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"customers.get","arguments":{"customer_id":"cus_1000","note":""#,
        r#""}}}"#,
    );
    let filled = head.len().saturating_add(tail.len());
    let note = size.checked_sub(filled).with_context(|| format!("a call has at least {filled} bytes"))?;
    Ok(format!("{head}{}{tail}", PROSE.chars().cycle().take(note).collect::<String>()))
}

/// Reads one answer, which has a length.
fn read_answer(reader: &mut impl BufRead) -> anyhow::Result<()> {
    let mut line = String::new();
    ensure!(reader.read_line(&mut line)? > 0, "Envoy closed the connection");
    let status = line.trim_end().to_owned();
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some(("content-length", value)) => length = Some(value.trim().parse::<u64>()?),
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => bail!("found the header line `{}`", line.trim_end()),
        }
    }
    let mut body = Vec::new();
    reader.take(length.context("an answer without a length")?).read_to_end(&mut body)?;
    ensure!(status.starts_with("HTTP/1.1 200"), "found `{status}`: {}", String::from_utf8_lossy(&body));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::tool_call;

    #[test]
    fn a_call_has_the_size_that_its_lane_is_named_after() {
        for size in super::super::BODIES {
            let call = tool_call(size).unwrap();
            assert_eq!(call.len(), size);
            assert!(serde_json::from_str::<serde_json::Value>(&call).is_ok());
        }
    }
}
