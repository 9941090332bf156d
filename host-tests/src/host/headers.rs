//! A header map with the rules of Envoy's `HeaderMapImpl`.

use std::fmt;

/// Headers that Envoy keeps in a slot of their own: adding a second value appends `,value` to the
/// first instead of making a second line (`source/common/http/header_map_impl.cc`, `addCopy`;
/// the list is `envoy/http/header_map.h`, `INLINE_*_HEADERS`, less Envoy's own `x-envoy-*`).
const ONE_SLOT: &[&str] = &[
    ":authority",
    ":method",
    ":path",
    ":protocol",
    ":scheme",
    ":status",
    "connection",
    "content-length",
    "content-type",
    "date",
    "expect",
    "grpc-message",
    "grpc-status",
    "grpc-timeout",
    "host",
    "keep-alive",
    "location",
    "proxy-connection",
    "proxy-status",
    "server",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
];

/// Header lines in order: lower-case names, values as bytes.
///
/// ```
/// use toolgate_host_tests::host::Headers;
///
/// let mut headers = Headers::from([(":path", "/mcp"), ("x-tag", "a")]);
/// headers.add("X-Tag", "b");
/// assert_eq!(headers.get("x-tag"), Some("a"));
/// assert_eq!(headers.to_string(), ":path: /mcp\nx-tag: a\nx-tag: b\n");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of `name` as text; `None` if there is none or it isn't UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_bytes(name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of `name`.
    #[must_use]
    pub fn get_bytes(&self, name: &[u8]) -> Option<&[u8]> {
        let name = name.to_ascii_lowercase();
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_slice())
    }

    /// Adds a line; a header that has one slot gets the value appended after a comma.
    pub fn add(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let name = name.as_ref().to_ascii_lowercase();
        let value = value.as_ref();
        let one_slot = ONE_SLOT.iter().any(|slot| slot.as_bytes() == name);
        match self.0.iter_mut().find(|(key, _)| one_slot && *key == name) {
            Some((_, present)) if !present.is_empty() => {
                present.push(b',');
                present.extend_from_slice(value);
            }
            Some((_, present)) => *present = value.to_vec(),
            None => self.insert(name, value.to_vec()),
        }
    }

    /// Replaces every line of `name` by one.
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.remove(name.as_ref());
        self.insert(name.as_ref().to_ascii_lowercase(), value.as_ref().to_vec());
    }

    /// Removes every line of `name`.
    pub fn remove(&mut self, name: impl AsRef<[u8]>) {
        let name = name.as_ref().to_ascii_lowercase();
        self.0.retain(|(key, _)| *key != name);
    }

    /// The lines in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of all names and values, as `byteSize()` counts them.
    pub(super) fn byte_size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum()
    }

    /// Pseudo headers stay in front, as `HeaderList::insert` keeps them.
    fn insert(&mut self, name: Vec<u8>, value: Vec<u8>) {
        let at = if name.starts_with(b":") {
            self.0.iter().take_while(|(key, _)| key.starts_with(b":")).count()
        } else {
            self.0.len()
        };
        self.0.insert(at, (name, value));
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(lines: T) -> Self {
        let mut headers = Self::new();
        for (name, value) in lines {
            headers.add(name, value);
        }
        headers
    }
}

impl<const COUNT: usize, N: AsRef<[u8]>, V: AsRef<[u8]>> From<[(N, V); COUNT]> for Headers {
    fn from(lines: [(N, V); COUNT]) -> Self {
        lines.into_iter().collect()
    }
}

impl fmt::Display for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.iter() {
            writeln!(out, "{}: {}", name.escape_ascii(), String::from_utf8_lossy(value))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        out.debug_list().entries(self.iter().map(|(name, value)| (text(name), text(value)))).finish()
    }
}
