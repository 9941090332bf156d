//! Properties: `Context::getProperty` and `setProperty` in Envoy's
//! `source/extensions/common/wasm/context.cc`, over the attributes of
//! `source/extensions/filters/common/expr/context.cc`.
//!
//! A property is a path whose segments are separated by NUL. Text comes as its bytes, whole numbers
//! as 8 bytes little-endian, fractions as an IEEE double, truth as one byte, a map as pairs.

use serde_json::Value;

use super::guest::{Guest, Linker, answer};
use super::state::State;
use super::stream::Stream;
use super::{Status, pairs};

/// The bytes of a property, if the host has it.
pub(super) fn find(state: &mut State, path: &[u8]) -> Result<Vec<u8>, Status> {
    let text = String::from_utf8_lossy(path).into_owned();
    // The SDK may end a path with a NUL.
    let segments: Vec<&str> = text.strip_suffix('\0').unwrap_or(&text).split('\0').collect();
    let dotted = segments.join(".");
    if let Some(value) = state.stream().and_then(|stream| stream.properties.get(&dotted)) {
        return Ok(value.clone());
    }
    if let Some(value) = state.options.properties.get(&dotted) {
        return Ok(value.clone());
    }
    match segments.as_slice() {
        ["plugin_name"] => Ok(state.options.plugin_name.clone().into_bytes()),
        ["plugin_root_id"] => Ok(state.options.root_id.clone().into_bytes()),
        ["plugin_vm_id"] => Ok(state.options.vm_id.clone().into_bytes()),
        ["xds", "route_name"] => Ok(state.options.route_name.clone().into_bytes()),
        ["xds", "route_metadata", "filter_metadata", rest @ ..] => in_json(&state.options.route_metadata, rest),
        ["metadata", "filter_metadata", rest @ ..] => in_json(&state.options.dynamic_metadata, rest),
        ["request" | "response", ..] => {
            state.stream().and_then(|stream| of_message(stream, &segments)).ok_or(Status::NotFound)
        }
        [name] => {
            state.stream().and_then(|stream| stream.seen.filter_state.get(*name).cloned()).ok_or(Status::NotFound)
        }
        _ => Err(Status::NotFound),
    }
}

/// The attributes of the messages themselves.
fn of_message(stream: &Stream, path: &[&str]) -> Option<Vec<u8>> {
    let request = stream.request.headers.as_ref();
    let header = |name: &str| request.and_then(|headers| headers.get_bytes(name.as_bytes())).map(<[u8]>::to_vec);
    let number = |value: usize| Some(u64::try_from(value).ok()?.to_le_bytes().to_vec());
    match path {
        ["request", "path"] => header(":path"),
        ["request", "url_path"] => {
            let path = header(":path")?;
            Some(path.split(|byte| *byte == b'?').next().unwrap_or_default().to_vec())
        }
        ["request", "query"] => {
            let path = header(":path")?;
            Some(path.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default().to_vec())
        }
        ["request", "host"] => header(":authority"),
        ["request", "method"] => header(":method"),
        ["request", "scheme"] => header(":scheme"),
        ["request", "id"] => header("x-request-id"),
        ["request", "referer"] => header("referer"),
        ["request", "useragent"] => header("user-agent"),
        ["request", "headers", name] => header(name),
        ["request", "total_size"] => number(request?.byte_size().saturating_add(stream.seen.upstream.body.len())),
        ["response", "code"] => {
            let code = stream.response.headers.as_ref()?.get(":status")?.parse::<u64>().ok()?;
            Some(code.to_le_bytes().to_vec())
        }
        ["response", "code_details"] => Some(stream.seen.local_reply.as_ref()?.details.clone().into_bytes()),
        ["response", "headers", name] => Some(stream.response.headers.as_ref()?.get_bytes(name.as_bytes())?.to_vec()),
        _ => None,
    }
}

fn in_json(namespaces: &serde_json::Map<String, Value>, path: &[&str]) -> Result<Vec<u8>, Status> {
    let Some((namespace, rest)) = path.split_first() else {
        return serialize(&Value::Object(namespaces.clone()));
    };
    let mut value = namespaces.get(*namespace).ok_or(Status::NotFound)?;
    for segment in rest {
        value = match value {
            Value::Object(fields) => fields.get(*segment),
            Value::Array(items) => segment.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        }
        .ok_or(Status::NotFound)?;
    }
    serialize(value)
}

/// `serializeValue`. Numbers of a protobuf `Struct` are always doubles.
fn serialize(value: &Value) -> Result<Vec<u8>, Status> {
    match value {
        Value::Null => Err(Status::SerializationFailure),
        Value::Bool(truth) => Ok(vec![u8::from(*truth)]),
        Value::Number(number) => Ok(number.as_f64().ok_or(Status::SerializationFailure)?.to_le_bytes().to_vec()),
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Array(items) => {
            let items = items.iter().map(serialize).collect::<Result<Vec<_>, _>>()?;
            Ok(pairs::write(items.iter().map(|item| (item.as_slice(), &[][..]))))
        }
        Value::Object(fields) => {
            let values = fields.values().map(serialize).collect::<Result<Vec<_>, _>>()?;
            Ok(pairs::write(fields.keys().map(String::as_bytes).zip(values.iter().map(Vec::as_slice))))
        }
    }
}

/// Offers the property functions.
pub(super) fn link(linker: &mut Linker) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "proxy_get_property",
        |caller: wasmtime::Caller<'_, _>, path: u32, path_len: u32, out: u32, out_len: u32| {
            answer(caller, "proxy_get_property", |guest: &mut Guest<'_>| {
                let path = guest.read(path, path_len)?;
                let value = find(guest.state(), &path)?;
                guest.give(&value, out, out_len)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_property",
        |caller: wasmtime::Caller<'_, _>, path: u32, path_len: u32, value: u32, value_len: u32| {
            answer(caller, "proxy_set_property", |guest: &mut Guest<'_>| {
                let (path, value) = (guest.read(path, path_len)?, guest.read(value, value_len)?);
                // Setting makes filter state named `wasm.<path>`, whatever property has that path.
                let name = String::from_utf8_lossy(&path).into_owned();
                let stream = guest.state().stream().ok_or(Status::NotFound)?;
                stream.seen.filter_state.insert(name, value);
                Ok(())
            })
        },
    )?;
    Ok(())
}
