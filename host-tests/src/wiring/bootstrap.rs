//! Envoy's bootstrap, as far as it decides what is judged: connection managers, the filter in them, their routes.

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::paths::Paths;
use crate::deployment::plugin_configuration;

/// What Envoy buffers where nothing is said (`per_connection_buffer_limit_bytes`).
const USUAL_BUFFER: u64 = 1 << 20;

/// A bootstrap, its fields in snake case.
#[derive(Clone, Copy)]
pub(super) struct Bootstrap<'e>(pub(super) &'e Value);

/// A connection manager.
pub(super) struct Manager<'e> {
    pub(super) pointer: String,
    pub(super) value: &'e Value,
    /// How much of a request is held where a route says nothing else.
    buffer: u64,
}

/// The filter in a connection manager.
#[derive(Clone)]
pub(super) struct Gate<'e> {
    pub(super) pointer: String,
    pub(super) name: &'e str,
    /// Its `PluginConfig`; none where that comes from elsewhere.
    pub(super) plugin: Option<&'e Value>,
    is_on: bool,
}

/// A route.
pub(super) struct Route<'e> {
    pub(super) pointer: String,
    pub(super) value: &'e Value,
    pub(super) paths: Paths,
    /// Whether more than the path has to match.
    pub(super) is_conditional: bool,
    /// Whether the filter judges what it matches.
    pub(super) is_judged: bool,
    /// Whether somebody wrote that it shouldn't.
    pub(super) is_left_out: bool,
    /// The clusters to which it may lead.
    pub(super) clusters: Vec<&'e str>,
    /// How much of a request is held.
    pub(super) buffer: u64,
}

impl<'e> Bootstrap<'e> {
    pub(super) fn managers(self) -> Vec<Manager<'e>> {
        let mut managers = Vec::new();
        for (listener, at) in items(self.0, "/static_resources/listeners") {
            let mut chains: Vec<_> =
                items(listener, "/filter_chains").map(|(chain, place)| (chain, format!("{at}{place}"))).collect();
            chains.extend(
                listener.get("default_filter_chain").map(|chain| (chain, format!("{at}/default_filter_chain"))),
            );
            for (filter, at) in chains.iter().flat_map(|(chain, at)| {
                items(chain, "/filters").map(move |(filter, place)| (filter, format!("{at}{place}")))
            }) {
                let Some(value) = filter.get("typed_config").filter(|it| is_type(it, "HttpConnectionManager")) else {
                    continue;
                };
                // Over HTTP/2, a stream's window bounds what its filters may hold.
                let window = number(value, "/http2_protocol_options/initial_stream_window_size").unwrap_or(u64::MAX);
                let buffer = number(listener, "/per_connection_buffer_limit_bytes").unwrap_or(USUAL_BUFFER).min(window);
                managers.push(Manager { pointer: format!("{at}/typed_config"), value, buffer });
            }
        }
        managers
    }

    /// Those with the filter.
    pub(super) fn gates(self) -> Vec<(Manager<'e>, Gate<'e>)> {
        self.managers().into_iter().filter_map(|manager| manager.gate().map(|gate| (manager, gate))).collect()
    }
}

impl<'e> Manager<'e> {
    pub(super) fn gate(&self) -> Option<Gate<'e>> {
        items(self.value, "/http_filters").find(|(filter, _)| is_toolgate(filter)).map(|(filter, place)| Gate {
            pointer: format!("{}{place}", self.pointer),
            name: text(filter, "/name").unwrap_or_default(),
            plugin: filter.pointer("/typed_config/config"),
            is_on: filter.get("disabled") != Some(&Value::Bool(true)),
        })
    }

    /// Each virtual host's routes, in the order in which Envoy tries them; none where they come from elsewhere.
    pub(super) fn hosts(&self, gate: Option<&Gate<'_>>) -> Option<Vec<Vec<Route<'e>>>> {
        let table = self.value.get("route_config")?;
        let at = format!("{}/route_config", self.pointer);
        let hosts = items(table, "/virtual_hosts");
        Some(
            hosts
                .map(|(host, place)| {
                    let at = format!("{at}{place}");
                    items(host, "/routes")
                        .map(|(route, place)| self.route(gate, [table, host, route], format!("{at}{place}")))
                        .collect()
                })
                .collect(),
        )
    }

    fn route(&self, gate: Option<&Gate<'_>>, [table, host, route]: [&'e Value; 3], pointer: String) -> Route<'e> {
        let said = |place: &Value| gate.and_then(|gate| said(place, gate.name));
        // The closest to the route counts.
        let of_route = said(route).or_else(|| said(host)).or_else(|| said(table));
        let is_on = |said: Option<bool>| said.unwrap_or_else(|| gate.is_some_and(|gate| gate.is_on));
        let weighted: Vec<_> = items(route, "/route/weighted_clusters/clusters").map(|(cluster, _)| cluster).collect();
        let is_judged = if weighted.is_empty() {
            is_on(of_route)
        } else {
            weighted.iter().all(|cluster| is_on(said(cluster).or(of_route)))
        };
        let clusters = text(route, "/route/cluster")
            .into_iter()
            .chain(weighted.iter().filter_map(|cluster| text(cluster, "/name")));
        let limit = |place: &Value| number(place, "/request_body_buffer_limit");
        let (paths, is_conditional) = Paths::of_match(route.get("match").unwrap_or(&Value::Null));
        Route {
            pointer,
            value: route,
            paths,
            is_conditional,
            is_judged,
            is_left_out: gate.is_none() || of_route == Some(false),
            clusters: clusters.collect(),
            buffer: limit(route).or_else(|| limit(host)).unwrap_or(self.buffer),
        }
    }

    /// Names under `typed_per_filter_config` that no HTTP filter has.
    pub(super) fn misspelt(&self) -> Vec<(String, String)> {
        let known: Vec<_> =
            items(self.value, "/http_filters").filter_map(|(filter, _)| text(filter, "/name")).collect();
        let mut found = Vec::new();
        let mut look = |place: &Value, at: String| {
            for name in place.get("typed_per_filter_config").and_then(Value::as_object).into_iter().flat_map(Map::keys)
            {
                if !known.contains(&name.as_str()) {
                    found.push((
                        format!("{at}/typed_per_filter_config/{}", name.replace('~', "~0").replace('/', "~1")),
                        name.clone(),
                    ));
                }
            }
        };
        let Some(table) = self.value.get("route_config") else { return found };
        let at = format!("{}/route_config", self.pointer);
        look(table, at.clone());
        for (host, place) in items(table, "/virtual_hosts") {
            let at = format!("{at}{place}");
            look(host, at.clone());
            for (route, place) in items(host, "/routes") {
                look(route, format!("{at}{place}"));
            }
        }
        found
    }
}

impl Gate<'_> {
    /// The policy that it gets; none where that comes from elsewhere, or only holds its place.
    pub(super) fn policy(&self) -> Result<Option<Value>> {
        let Some(plugin) = self.plugin else { return Ok(None) };
        let policy = plugin_configuration(plugin).with_context(|| format!("at {}", self.pointer))?;
        Ok((!policy.as_object().is_some_and(Map::is_empty)).then_some(policy))
    }
}

/// Whether this place says that the filter is on, or off.
fn said(place: &Value, filter: &str) -> Option<bool> {
    place.get("typed_per_filter_config")?.get(filter).map(|said| said.get("disabled") != Some(&Value::Bool(true)))
}

/// A wasm filter that is called so, by its name or by its file's.
fn is_toolgate(filter: &Value) -> bool {
    let named = |pointer| text(filter, pointer).is_some_and(|name| name.to_ascii_lowercase().contains("toolgate"));
    let is_wasm = filter.get("typed_config").is_some_and(|it| is_type(it, "wasm.v3.Wasm"))
        || filter.get("config_discovery").is_some();
    let names = [
        "/name",
        "/typed_config/config/name",
        "/typed_config/config/root_id",
        "/typed_config/config/vm_config/code/local/filename",
    ];
    is_wasm && names.into_iter().any(named)
}

fn is_type(config: &Value, kind: &str) -> bool {
    text(config, "/@type").is_some_and(|found| found.ends_with(kind))
}

/// The elements of a list, each with its pointer.
pub(super) fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v Value, String)> {
    let list = value.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().enumerate().map({
        let pointer = pointer.to_owned();
        move |(place, item)| (item, format!("{pointer}/{place}"))
    })
}

pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// A number; protobuf's JSON writes large ones as texts.
fn number(value: &Value, pointer: &str) -> Option<u64> {
    let found = value.pointer(pointer)?;
    found.as_u64().or_else(|| found.as_str()?.parse().ok())
}

/// The same with fields named as the API names them: Envoy takes `perConnectionBufferLimitBytes` too. Names that operators give
/// are left alone.
pub(super) fn as_fields_are_named(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let name = snake(name);
                    let value = match (name.as_str(), value) {
                        ("typed_per_filter_config" | "filter_metadata", Value::Object(named)) => Value::Object(
                            named.iter().map(|(name, value)| (name.clone(), as_fields_are_named(value))).collect(),
                        ),
                        _ => as_fields_are_named(value),
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(as_fields_are_named).collect()),
        other => other.clone(),
    }
}

fn snake(name: &str) -> String {
    if !name.starts_with(|first: char| first.is_ascii_lowercase())
        || !name.chars().all(|letter| letter.is_ascii_alphanumeric())
    {
        return name.to_owned();
    }
    let mut snake = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
