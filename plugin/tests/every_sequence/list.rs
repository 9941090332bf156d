//! A list on its way back: whatever is reported of it, in whatever order.

use toolgate::exchange::{Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::token::SignatureVerdict;

use crate::world::{self, NOW, Under, configuration, token};

/// What a server answers: two tools that the agent might call, and one that it never could.
const LIST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"customers.get"},{"name":"customers.delete"},{"name":"payments.refund"}]}}"#;
/// The same, where no JSON begins.
const BROKEN: &[u8] = br#"customers.delete {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"customers.delete"}]}}"#;
/// The tool that no rule would let it call.
const HIDDEN: &[u8] = b"customers.delete";

/// What can be reported of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reported {
    Head,
    HeadOfStream,
    HeadOfCompressed,
    HeadOfError,
    Piece,
    End,
    BrokenEnd,
    EmptyEnd,
    Lost,
    Published,
}

use Reported::*;

const ALL: [Reported; 10] =
    [Head, HeadOfStream, HeadOfCompressed, HeadOfError, Piece, End, BrokenEnd, EmptyEnd, Lost, Published];

/// Longer than any way there is: head, three pieces, end.
const LENGTH: usize = 5;

fn head_of(status: &str, media: &str, encoding: &str) -> toolgate::head::Head {
    toolgate::head::Head::from_pairs([(":status", status), ("content-type", media), ("content-encoding", encoding)])
}

/// The exchange of a request for a list, which has gone on.
fn forwarded(gate: &mut Gate) -> Exchange {
    let mut exchange = Exchange::new(gate.config.clone());
    let head = world::head("POST", "/mcp", Some(&token(NOW.as_secs() + 200)));
    exchange.advance(gate, NOW, Input::Head { head, end: false, id: "id".to_owned() });
    exchange.advance(gate, NOW, Input::Signature(SignatureVerdict::Valid));
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let step = exchange.advance(gate, NOW, Input::Body(body));
    assert!(matches!(step, Step::Forward(..)), "{step:?}");
    exchange
}

/// What the client reads of a piece. `stream`: the answer is a stream of events.
fn read(reported: Reported, stream: bool, exchange: &mut Exchange, gate: &mut Gate) -> Vec<u8> {
    let written = |json: &[u8]| if stream { [b"data: ", json, b"\n\n"].concat() } else { json.to_vec() };
    let (list, broken) = (written(LIST), written(BROKEN));
    let (json, events) =
        (head_of("200", "application/json", "identity"), head_of("200", "text/event-stream", "identity"));
    let compressed = head_of("200", "application/json", "gzip");
    let error = head_of("500", "application/json", "identity");
    let (sent, input) = match reported {
        Head => (&b""[..], Input::Response(&json)),
        HeadOfStream => (&b""[..], Input::Response(&events)),
        HeadOfCompressed => (&b""[..], Input::Response(&compressed)),
        HeadOfError => (&b""[..], Input::Response(&error)),
        Piece => (&*list, Input::ResponseBody { body: Some(&list), end: false }),
        End => (&*list, Input::ResponseBody { body: Some(&list), end: true }),
        BrokenEnd => (&*broken, Input::ResponseBody { body: Some(&broken), end: true }),
        EmptyEnd => (&b""[..], Input::ResponseBody { body: Some(b""), end: true }),
        // What can't be handed over is there all the same.
        Lost => (&*list, Input::ResponseBody { body: None, end: false }),
        Published => (&b""[..], Input::Published),
    };
    match exchange.advance(gate, NOW, input) {
        Step::Hold | Step::Respond(..) => Vec::new(),
        Step::Show(Some(shown), _) => shown,
        Step::Show(None, _) | Step::Pass => sent.to_vec(),
        step => panic!("{step:?} after {reported:?}"),
    }
}

fn is_head(reported: Reported) -> bool {
    matches!(reported, Head | HeadOfStream | HeadOfCompressed | HeadOfError)
}

#[test]
fn whatever_is_reported_of_a_list_nobody_sees_what_they_could_never_call() {
    let config = configuration(Under::Shipped);
    let mut shown = 0;
    for number in 0..ALL.len().pow(u32::try_from(LENGTH).unwrap()) {
        let sequence: Vec<_> =
            (0..LENGTH).map(|place| ALL[number / ALL.len().pow(u32::try_from(place).unwrap()) % ALL.len()]).collect();
        // An answer has one head, and it comes first; an error of HTTP's is passed on, whatever is in it.
        let first = sequence[0];
        if !is_head(first) || first == HeadOfError || sequence[1..].iter().copied().any(is_head) {
            continue;
        }
        let mut gate = Gate::new(config.clone());
        let mut exchange = forwarded(&mut gate);
        for (at, reported) in sequence.iter().enumerate() {
            let client = read(*reported, first == HeadOfStream, &mut exchange, &mut gate);
            let sees = |name: &[u8]| client.windows(name.len()).any(|part| part == name);
            assert!(!sees(HIDDEN), "{reported:?} of {sequence:?}: {}", String::from_utf8_lossy(&client));
            // Nor is it hidden by showing nothing.
            if (at, *reported, first) == (1, End, Head) {
                assert!(sees(b"customers.get") && sees(b"payments.refund"));
                shown += 1;
            }
        }
    }
    assert_eq!(shown, 6 * 6 * 6);
}

#[test]
fn an_error_of_http_is_passed_on() {
    let mut gate = Gate::new(configuration(Under::Shipped));
    let mut exchange = forwarded(&mut gate);
    assert!(read(HeadOfError, false, &mut exchange, &mut gate).is_empty());
    assert!(!exchange.shows_list());
}
