//! Every host call there is.
//!
//! The SDK's own wrappers panic on a status that they don't expect and on header bytes that aren't UTF-8, and a panic
//! takes a whole worker's filter down. Those on a request's way are therefore declared here once more, with statuses as
//! numbers and headers as bytes (proxy-wasm ABI 0.2.1; names and types as in the SDK's `hostcalls.rs`).
#![expect(unsafe_code, reason = "the ABI is one of pointers; nothing else in the crate needs them")]

use std::ptr::null_mut;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, Bytes, LogLevel};

use crate::decision::{DecisionService, Dialect, Sending};
use crate::exchange::Stored;
use crate::export::Collector;
use crate::head::Head;
use crate::metrics::Kind;
use crate::remote::Source;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::token::Introspector;

/// The header maps that are read or edited.
#[derive(Clone, Copy)]
pub(super) enum Map {
    RequestHeaders,
    RequestTrailers,
    ResponseHeaders,
    CallResponseHeaders,
    CallResponseTrailers,
}

impl Map {
    const fn id(self) -> u32 {
        // The numbers are the ABI's; the SDK's enum has them as discriminants.
        match self {
            Self::RequestHeaders => 0,
            Self::RequestTrailers => 1,
            Self::ResponseHeaders => 2,
            Self::CallResponseHeaders => 6,
            Self::CallResponseTrailers => 7,
        }
    }
}

const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const CALL_BODY: u32 = 4;
const REQUEST_STREAM: u32 = 0;
const OK: u32 = 0;
/// Of `proxy_set_shared_data`: somebody else wrote meanwhile.
const CAS_MISMATCH: u32 = 8;
/// The version of what isn't there. To the proxy 0 would mean "whatever the version", and lose what another worker wrote
/// since; the number that no value has yet (versions count from 1) makes that a conflict.
const ABSENT: u32 = u32::MAX;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_add_header_map_value(map: u32, name: *const u8, name_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_buffer_bytes(buffer: u32, start: usize, max: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_buffer_bytes(buffer: u32, start: usize, size: usize, data: *const u8, length: usize) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, value: *mut *mut u8, value_size: *mut usize) -> u32;
    fn proxy_set_property(key: *const u8, key_size: usize, value: *const u8, value_size: usize) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(key: *const u8, key_size: usize, value: *const u8, value_size: usize, version: u32)
    -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        result: *mut *mut u8,
        result_size: *mut usize,
    ) -> u32;
}

/// Takes over memory that the host had us allocate; none when the call failed.
fn taken(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Option<Bytes> {
    let mut data = null_mut();
    let mut size = 0;
    if call(&raw mut data, &raw mut size) != OK {
        return None;
    }
    if data.is_null() {
        return Some(Bytes::new());
    }
    // SAFETY: the host got this memory from `proxy_on_memory_allocate`, which leaks a boxed slice of just this size.
    Some(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// A header map; none where the host has none at this point.
pub(super) fn head(map: Map) -> Option<Head> {
    // SAFETY: both places live through the call.
    let bytes = taken(|data, size| unsafe { proxy_get_header_map_pairs(map.id(), data, size) })?;
    Head::from_wire(bytes).ok()
}

/// The head of a call's answer, and what gRPC says in its trailers; none of it when there was no answer at all.
pub(super) fn answer_head(trailers: usize) -> Head {
    let answer = head(Map::CallResponseHeaders).unwrap_or_default();
    if trailers == 0 {
        return answer;
    }
    let trailers = head(Map::CallResponseTrailers).unwrap_or_default();
    Head::from_pairs(answer.iter().chain(trailers.iter().filter(|(name, _)| name.starts_with(b"grpc-"))))
}

/// Removes every value of `name`.
pub(super) fn remove(map: Map, name: &[u8]) {
    // SAFETY: the host only reads `name`, during the call.
    unsafe { proxy_remove_header_map_value(map.id(), name.as_ptr(), name.len()) };
}

/// Adds a header.
pub(super) fn add(map: Map, name: &str, value: &str) {
    // SAFETY: the host only reads both, during the call.
    unsafe { proxy_add_header_map_value(map.id(), name.as_ptr(), name.len(), value.as_ptr(), value.len()) };
}

/// The buffered request body; shorter than `size` where the host can't hand it over.
pub(super) fn request_body(size: usize) -> Bytes {
    buffer(REQUEST_BODY, size)
}

/// Puts `body` in place of the whole buffered request body; whether it is there now.
pub(super) fn replace_request_body(body: &[u8]) -> bool {
    // SAFETY: the host only reads `body`, during the call.
    unsafe { proxy_set_buffer_bytes(REQUEST_BODY, 0, usize::MAX, body.as_ptr(), body.len()) == OK }
}

/// What is held of the response's body; shorter than `size` where the host can't hand it over.
pub(super) fn response_body(size: usize) -> Bytes {
    buffer(RESPONSE_BODY, size)
}

/// Puts `body` in place of all that is held of the response's body.
pub(super) fn replace_response_body(body: &[u8]) -> bool {
    // SAFETY: the host only reads `body`, during the call.
    unsafe { proxy_set_buffer_bytes(RESPONSE_BODY, 0, usize::MAX, body.as_ptr(), body.len()) == OK }
}

/// The body of a call's answer; of one that is longer than `most`, one byte more than that.
pub(super) fn call_body(size: usize, most: usize) -> Bytes {
    buffer(CALL_BODY, size.min(most.saturating_add(1)))
}

/// Has the root context ticked so often.
pub(super) fn tick_every(period: Duration) {
    let millis = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
    // SAFETY: no memory is handed over.
    unsafe { proxy_set_tick_period_milliseconds(millis) };
}

/// From here to the end of this callback, calls are about that context.
pub(super) fn speak_for(context: u32) {
    // SAFETY: no memory is handed over.
    unsafe { proxy_set_effective_context(context) };
}

/// Fetches a document; the host's name for the call, if it is under way.
pub(super) fn fetch(source: &Source, path: &str) -> Option<u32> {
    let headers = vec![
        (":method", "GET"),
        (":scheme", source.scheme),
        (":authority", source.authority.as_str()),
        (":path", path),
        ("accept", source.accept),
    ];
    hostcalls::dispatch_http_call(&source.cluster, headers, None, Vec::new(), source.timeout).ok()
}

fn buffer(id: u32, size: usize) -> Bytes {
    if size == 0 {
        return Bytes::new();
    }
    // SAFETY: both places live through the call.
    taken(|data, length| unsafe { proxy_get_buffer_bytes(id, 0, size, data, length) }).unwrap_or_default()
}

/// A property of the proxy's, by its path with NUL between the segments; none where it has none.
pub(super) fn property(path: &str) -> Option<Bytes> {
    // SAFETY: the host only reads `path`, during the call; both places live through it.
    taken(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// What the workers share under `key`, and its version.
pub(super) fn shared(key: &str) -> (Option<Bytes>, u32) {
    let mut version = ABSENT;
    // SAFETY: the host only reads `key`, during the call; all three places live through it.
    let found =
        taken(|data, size| unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut version) });
    match found {
        Some(bytes) => (Some(bytes), version),
        None => (None, ABSENT),
    }
}

/// Shares `value` under `key`, if what stands there still has this version.
pub(super) fn share(key: &str, value: &[u8], version: u32) -> Stored {
    // SAFETY: the host only reads both, during the call.
    match unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) } {
        OK => Stored::Yes,
        CAS_MISMATCH => Stored::Conflict,
        _ => Stored::No,
    }
}

/// The configuration that the operator gave this filter.
pub(super) fn plugin_configuration() -> Bytes {
    hostcalls::get_buffer(BufferType::PluginConfiguration, 0, usize::MAX).ok().flatten().unwrap_or_default()
}

/// Answers the client; nothing goes to the upstream.
pub(super) fn answer(reply: &Reply) {
    let headers = serialize(reply.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let details = reply.details.as_bytes();
    // SAFETY: the host only reads what it is given, during the call.
    unsafe {
        proxy_send_local_response(
            reply.status.into(),
            details.as_ptr(),
            details.len(),
            reply.body.as_ptr(),
            reply.body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    };
}

/// Lets a held request go on.
pub(super) fn resume_request() {
    // SAFETY: no memory is handed over.
    unsafe { proxy_continue_stream(REQUEST_STREAM) };
}

/// Calls one of the host's own functions; none when it doesn't have it or can't read the arguments.
pub(super) fn call_foreign(name: &str, arguments: &[u8]) -> Option<Bytes> {
    // SAFETY: the host only reads name and arguments, during the call; both places live through it.
    taken(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), arguments.as_ptr(), arguments.len(), data, size)
    })
}

/// Sends a question to the decision service; the host's name for the call, if it is under way.
pub(super) fn post(service: &DecisionService, sending: &Sending) -> Option<u32> {
    let question = &sending.question;
    let mut headers = vec![
        (":method", "POST"),
        (":scheme", service.scheme),
        (":authority", service.authority.as_str()),
        (":path", &sending.path),
        ("x-request-id", sending.id.as_str()),
    ];
    headers.extend(match service.dialect {
        Dialect::ExtAuthz => [("content-type", "application/grpc"), ("te", "trailers")],
        Dialect::AuthZen | Dialect::Cerbos | Dialect::Opa => {
            [("content-type", "application/json"), ("accept", "application/json")]
        }
    });
    headers.extend(service.headers.iter().chain(&question.token).map(|header| (header.name(), header.expose())));
    hostcalls::dispatch_http_call(&service.cluster, headers, Some(&question.body), Vec::new(), sending.timeout).ok()
}

/// Asks an issuer about a token; the host's name for the call, if it is under way.
pub(super) fn introspect(introspector: &Introspector, form: &[u8]) -> Option<u32> {
    let headers = vec![
        (":method", "POST"),
        (":scheme", introspector.scheme),
        (":authority", introspector.authority.as_str()),
        (":path", introspector.path.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        (introspector.credential.name(), introspector.credential.expose()),
    ];
    hostcalls::dispatch_http_call(&introspector.cluster, headers, Some(form), Vec::new(), introspector.timeout).ok()
}

/// Sends records to the collector; the call's number, if it is under way.
pub(super) fn send_records(collector: &Collector, body: &[u8]) -> Option<u32> {
    let headers = vec![
        (":method", "POST"),
        (":scheme", collector.scheme),
        (":authority", collector.authority.as_str()),
        (":path", collector.path.as_str()),
        ("content-type", "application/json"),
    ];
    hostcalls::dispatch_http_call(&collector.cluster, headers, Some(body), Vec::new(), collector.timeout).ok()
}

/// Leaves a value in filter state, where access logs find it as `wasm.<key>`.
pub(super) fn leave(key: &str, value: &str) {
    // SAFETY: the host only reads both, during the call.
    unsafe { proxy_set_property(key.as_ptr(), key.len(), value.as_ptr(), value.len()) };
}

/// Writes a line into the proxy's log; one that an operator should look at as a warning.
pub(super) fn log(warns: bool, line: &str) {
    let level = if warns { LogLevel::Warn } else { LogLevel::Info };
    let _ = hostcalls::log(level, line);
}

/// Defines a metric; none when the host won't.
pub(super) fn define_metric(kind: Kind, name: &str) -> Option<u32> {
    let kind = match kind {
        Kind::Counter => 0,
        Kind::Gauge => 1,
        Kind::Histogram => 2,
    };
    let mut id = 0;
    // SAFETY: the host only reads the name, during the call; the place of the id lives through it.
    let status = unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

/// Moves a counter up, or a gauge up or down.
pub(super) fn increment_metric(id: u32, by: i64) {
    // SAFETY: no memory is handed over.
    unsafe { proxy_increment_metric(id, by) };
}

/// Records a value in a histogram.
pub(super) fn record_metric(id: u32, value: u64) {
    // SAFETY: no memory is handed over.
    unsafe { proxy_record_metric(id, value) };
}

/// This VM's linear memory, in bytes.
pub(super) fn memory() -> u64 {
    const PAGE: u64 = 65_536;
    u64::try_from(core::arch::wasm32::memory_size::<0>()).unwrap_or_default().saturating_mul(PAGE)
}

/// The time.
pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(micros() / 1000)
}

/// The time, in microseconds since 1970.
pub(super) fn micros() -> u64 {
    let time = hostcalls::get_current_time().unwrap_or(SystemTime::UNIX_EPOCH);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// 128 random bits, in hex.
pub(super) fn random_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the id is all zeros: records are then harder to tell apart, and nothing else depends on it.
    let _ = getrandom::fill(&mut bytes);
    format!("{:032x}", u128::from_le_bytes(bytes))
}

/// A header map in the proxy-wasm wire form.
fn serialize<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Bytes {
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = word(pairs.clone().count()).to_vec();
    for (name, value) in pairs.clone() {
        bytes.extend(word(name.len()));
        bytes.extend(word(value.len()));
    }
    for (name, value) in pairs {
        for part in [name, value] {
            bytes.extend(part.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}
