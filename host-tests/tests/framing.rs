//! A request's bytes on the wire, cut and counted in every way that HTTP/1.1 has, through a real Envoy: what the filter judges is what
//! the upstream gets, and nothing else ever arrives there.
//!
//! Scenarios say what a request means; here it is said how it is framed. Bodies in pieces, trailers and announced lengths are the
//! scenarios' own lanes' business too (`host-tests/scenarios/README.md`); HTTP/2 is that of `make conformance`.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::sync::LazyLock;

use toolgate_host_tests::scenario::Scenario;
use toolgate_host_tests::scenario::envoy::{EnvoyLane, Framed, wasm};
use toolgate_host_tests::scenario::message::Message;

/// A call that is allowed, one that is denied, and a route of 4 KiB.
const ALLOWED: &str = "policy/allow";
const DENIED: &str = "policy/deny_with_its_reason";

struct Gateway {
    lane: EnvoyLane,
    scenarios: Vec<Scenario>,
}

/// One Envoy for all of this file. It ends with the thread that started it, so all is one test.
static GATEWAY: LazyLock<Gateway> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut scenarios = Scenario::load_all(&workspace.join("host-tests/scenarios")).unwrap();
    scenarios.retain(|scenario| [ALLOWED, DENIED].contains(&scenario.name.as_str()));
    assert_eq!(scenarios.len(), 2, "a scenario was renamed");
    let lane = EnvoyLane::start(workspace, &wasm(workspace).unwrap(), &scenarios).unwrap();
    Gateway { lane, scenarios }
});

fn scenario(name: &str) -> &'static Scenario {
    GATEWAY.scenarios.iter().find(|scenario| scenario.name == name).unwrap()
}

/// What comes of the request of a scenario when its bytes are these, written piece by piece.
fn framed(name: &str, frame: impl FnOnce(&Message) -> Vec<Vec<u8>>) -> Framed {
    GATEWAY.lane.framed(scenario(name), frame).unwrap()
}

/// The head, with these lines behind its own. The answer ends the connection, or it would be waited for more.
fn head(message: &Message, lines: &str) -> Vec<u8> {
    kept(message, &format!("connection: close\r\n{lines}"))
}

/// The same, of a connection that is kept for the next request.
fn kept(message: &Message, lines: &str) -> Vec<u8> {
    let mut head =
        format!("{} {} HTTP/1.1\r\nhost: gateway.example.com\r\n", message.method, message.path).into_bytes();
    for (name, value) in &message.headers {
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend([lines.as_bytes(), b"\r\n\r\n"].concat());
    head
}

fn body(message: &Message) -> Vec<u8> {
    message.body.clone().unwrap()
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

fn with_length(message: &Message, length: usize) -> Vec<u8> {
    head(message, &format!("content-length: {length}"))
}

/// The status lines of all answers.
fn statuses(framed: &Framed) -> Vec<u16> {
    let answers = framed.answer.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| answer[..3].parse().unwrap()).collect()
}

fn chunks_of_any_size_are_one_body() {
    for size in [1, 2, 7, 64, 4096] {
        for (name, status) in [(ALLOWED, 200), (DENIED, 403)] {
            let found = framed(name, |message| {
                let mut pieces = vec![head(message, "transfer-encoding: chunked")];
                pieces.extend(body(message).chunks(size).map(chunk));
                pieces.push(b"0\r\n\r\n".to_vec());
                pieces
            });
            assert_eq!(statuses(&found), [status], "{name} in chunks of {size}: {}", found.answer);
            let sent = if status == 200 { vec![found.body.clone()] } else { Vec::new() };
            assert_eq!(found.arrived, sent, "{name} in chunks of {size}");
        }
    }
}

fn a_client_that_waits_for_100_continue_is_told_to_go_on() {
    for (name, statuses_wanted) in [(ALLOWED, [100, 200]), (DENIED, [100, 403])] {
        let found = framed(name, |message| {
            let length = body(message).len();
            vec![head(message, &format!("content-length: {length}\r\nexpect: 100-continue")), body(message)]
        });
        assert_eq!(statuses(&found), statuses_wanted, "{}", found.answer);
        assert_eq!(found.arrived.len(), usize::from(name == ALLOWED));
    }
}

fn requests_in_one_piece_are_judged_one_by_one() {
    let denied = GATEWAY.lane.message(scenario(DENIED)).unwrap();
    let found = framed(ALLOWED, |message| {
        let length = |it: &Message| format!("content-length: {}", body(it).len());
        let kept = [message, message].map(|it| [kept(it, &length(it)), body(it)].concat());
        vec![[kept.concat(), head(&denied, &length(&denied)), body(&denied)].concat()]
    });
    assert_eq!(statuses(&found), [200, 200, 403], "{}", found.answer);
    assert_eq!(found.arrived, [found.body.clone(), found.body.clone()]);
}

fn a_length_that_is_not_the_bodys_lets_nothing_through() {
    let shorter =
        framed(ALLOWED, |message| vec![[with_length(message, body(message).len() - 5), body(message)].concat()]);
    // What is left over is no request.
    assert_eq!(statuses(&shorter)[0], 400, "{}", shorter.answer);
    assert_eq!(shorter.arrived, Vec::<Vec<u8>>::new());

    let longer =
        framed(ALLOWED, |message| vec![[with_length(message, body(message).len() + 5), body(message)].concat()]);
    assert_eq!(longer.arrived, Vec::<Vec<u8>>::new());
    assert!(statuses(&longer).iter().all(|status| *status >= 400), "{}", longer.answer);

    for lines in ["content-length: 5\r\ntransfer-encoding: chunked", "content-length: 5\r\ncontent-length: 7"] {
        let both = framed(ALLOWED, |message| vec![head(message, lines), chunk(&body(message)), b"0\r\n\r\n".to_vec()]);
        assert_eq!(statuses(&both), [400], "{lines}: {}", both.answer);
        assert_eq!(both.arrived, Vec::<Vec<u8>>::new(), "{lines}");
    }
}

fn a_call_without_a_body_is_refused_however_its_end_is_said() {
    for pieces in [
        &["content-length: 0"][..],
        &["transfer-encoding: chunked", "0\r\n\r\n"],
        &["transfer-encoding: chunked", "0\r\nx-trailer: 1\r\n\r\n"],
    ] {
        let found = framed(ALLOWED, |message| {
            let behind = pieces[1..].iter().map(|piece| piece.as_bytes().to_vec());
            [head(message, pieces[0])].into_iter().chain(behind).collect()
        });
        assert_eq!(statuses(&found), [400], "{pieces:?}: {}", found.answer);
        assert!(found.answer.contains("body.missing"), "{pieces:?}: {}", found.answer);
        assert_eq!(found.arrived, Vec::<Vec<u8>>::new());
    }
}

fn a_body_without_an_announced_length_is_refused_as_soon_as_it_is_too_large() {
    let found = framed(ALLOWED, |message| {
        // The route allows 4 KiB, the proxy holds 1 MiB: without a look at what has come the client could fill that.
        let mut pieces = vec![head(message, "transfer-encoding: chunked")];
        pieces.extend((0..3).map(|_| chunk(&[b' '; 2048])));
        pieces
    });
    assert_eq!(statuses(&found), [413], "{}", found.answer);
    assert!(
        found.answer.contains("body.too_large") && found.answer.contains("4096 bytes (`max_body`"),
        "{}",
        found.answer
    );
    assert_eq!(found.arrived, Vec::<Vec<u8>>::new());
}

#[test]
fn what_is_judged_is_what_arrives_however_it_is_framed() {
    chunks_of_any_size_are_one_body();
    a_client_that_waits_for_100_continue_is_told_to_go_on();
    requests_in_one_piece_are_judged_one_by_one();
    a_length_that_is_not_the_bodys_lets_nothing_through();
    a_call_without_a_body_is_refused_however_its_end_is_said();
    a_body_without_an_announced_length_is_refused_as_soon_as_it_is_too_large();
}
