//! Shared data, metrics, properties and filter state.

use serde_json::json;
use toolgate_host_tests::host::{HostOptions, MetricKind, SharedData, Vm};

use crate::{get, guest, options, said, with_request};

/// `src/shared_data.cc` of proxy-wasm-cpp-host: a map for each `vm_id`, a version for each value.
#[test]
fn workers_of_one_vm_id_share_and_a_stale_version_is_refused() {
    let module = guest!("shares");
    let shared = SharedData::new();
    let of = |vm_id: &str| HostOptions { vm_id: vm_id.to_owned(), shared: shared.clone(), ..options() };
    let (mut one, _) = with_request(&module, of("a"), get(), true);
    let (mut two, _) = with_request(&module, of("a"), get(), true);
    let (mut stranger, _) = with_request(&module, of("b"), get(), true);
    // Length before; the write is Ok (0); 8 is CasMismatch.
    assert_eq!(said(&mut one), ["0", "0", "8"]);
    assert_eq!(said(&mut two), ["1", "0", "8"]);
    assert_eq!(said(&mut stranger), ["0", "0", "8"]);
    assert_eq!(shared.get("a", b"count").unwrap().0, b"xx");
    assert_eq!(shared.keys("b"), [b"count".to_vec()]);
}

/// `Context::incrementMetric`, `recordMetric`, `getMetric` in Envoy's
/// `source/extensions/common/wasm/context.cc`.
#[test]
fn metrics_count() {
    let (mut vm, _) = with_request(&guest!("counts"), options(), get(), true);
    // A counter doesn't fall (BadArgument), a histogram has no value (BadArgument), an unknown
    // metric isn't found; the counter stands at 3.
    assert_eq!(said(&mut vm), ["2", "2", "1", "3"]);
    let metrics = vm.metrics();
    assert_eq!(metrics[&(MetricKind::Counter, "requests".to_owned())], [3]);
    assert_eq!(metrics[&(MetricKind::Gauge, "level".to_owned())], [4]);
    assert_eq!(metrics[&(MetricKind::Histogram, "sizes".to_owned())], [5, 6]);
}

fn property(path: &str, edit: impl FnOnce(&mut HostOptions)) -> String {
    let mut options = HostOptions { plugin_config: path.replace('.', "\0").into(), ..options() };
    edit(&mut options);
    let (mut vm, _) = with_request(&guest!("reads_property"), options, get(), true);
    let said = said(&mut vm);
    // On the root context, filter state has no stream to be kept with: NotFound.
    assert_eq!((said[0].as_str(), said[2].as_str()), ("1", "allow"));
    said[1].clone()
}

/// `Context::getProperty`, `findValue`, `serializeValue`, in the same file.
#[test]
fn properties_are_found_by_their_path() {
    let set = |options: &mut HostOptions| {
        options.route_name = "crm".to_owned();
        options.plugin_name = "toolgate".to_owned();
        let metadata = json!({"toolgate": {"policy": "strict", "on": true, "list": ["a", "b"]}});
        options.route_metadata = metadata.as_object().unwrap().clone();
        options.properties.insert("source.address".to_owned(), b"10.0.0.1:9".to_vec());
    };
    assert_eq!(property("xds.route_name", set), "crm");
    assert_eq!(property("plugin_name", set), "toolgate");
    assert_eq!(property("xds.route_metadata.filter_metadata.toolgate.policy", set), "strict");
    assert_eq!(property("xds.route_metadata.filter_metadata.toolgate.on", set), "\u{1}");
    assert_eq!(property("xds.route_metadata.filter_metadata.toolgate.list.1", set), "b");
    assert_eq!(property("source.address", set), "10.0.0.1:9");
    assert_eq!(property("request.path", set), "/mcp");
    assert_eq!(property("request.headers.:authority", set), "tool");
    // 1 is NotFound.
    assert_eq!(property("xds.route_metadata.filter_metadata.other", set), "1");
    assert_eq!(property("no.such", set), "1");
}

/// `Context::setProperty` makes filter state that lives as long as the exchange.
#[test]
fn filter_state_belongs_to_the_exchange() {
    let module = guest!("reads_property");
    let mut vm = Vm::start(&module, options()).unwrap();
    let stream = vm.open().unwrap();
    vm.request_headers(stream, get(), true).unwrap();
    let other = vm.open().unwrap();
    assert_eq!(vm.exchange(stream).unwrap().filter_state["verdict"], b"allow");
    assert!(vm.exchange(other).unwrap().filter_state.is_empty());
}
