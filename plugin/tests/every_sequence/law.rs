//! The only ways through, written down apart from the machine.

use crate::symbol::Symbol::{self, *};
use crate::world::Under;

/// Through, where another exchange asks the same: it was permitted, and this one hears of it; or it came to nothing, or to
/// nothing that holds for anybody else, and this one asked by itself.
fn may_go_on_with_another(seen: &[Symbol]) -> bool {
    let ours: Vec<_> = seen.iter().copied().filter(|symbol| !symbol.is_of_the_other()).collect();
    if ours.as_slice() == [HeadWithToken, SignatureHolds, BodyAllowed] {
        return seen.last() == Some(&BodyAllowed);
    }
    // Only the first thing that becomes of the other counts: after it, it has gone on or is refused.
    let other = seen.iter().position(|symbol| symbol.is_of_the_other());
    let asks = seen.iter().position(|symbol| *symbol == BodyRisky);
    let (Some(other), Some(asks)) = (other, asks) else { return false };
    let heard = seen.iter().enumerate().position(|(at, symbol)| *symbol == Published && at > other.max(asks));
    // Looking while nothing has become of it changes nothing.
    let mut ours: Vec<_> = Vec::new();
    for (at, symbol) in seen.iter().copied().enumerate() {
        let early = symbol == Published && at > asks && at < other;
        if !symbol.is_of_the_other() && !early {
            ours.push(symbol);
        }
    }
    let before: &[Symbol] = &[HeadWithToken, SignatureHolds, BodyRisky];
    let ended = |way: &[Symbol]| ours == [before, way].concat() && seen.last() == ours.last();
    match seen[other] {
        // What is settled before this one asks is another question's business: it asks by itself.
        _ if other < asks => ended(&[AnswerPermits]) || ended(&[NoAnswer, AnswerPermits]),
        OtherPermitted => heard.is_some() && ended(&[Published]),
        OtherDenied | OtherUnanswered => false,
        _ => ended(&[Published, AnswerPermits]) || ended(&[Published, NoAnswer, AnswerPermits]),
    }
}

/// The only ways through, written down apart from the machine.
pub(crate) fn may_go_on(seen: &[Symbol], under: Under) -> bool {
    if under == Under::Another {
        return may_go_on_with_another(seen);
    }
    let mut calls: Vec<_> = seen.iter().copied().filter(|symbol| *symbol != BufferedLittle).collect();
    if matches!(under, Under::Memory | Under::Binding) {
        // Whoever was not the first to write reads again, and what it read before counts for nothing.
        while let Some(lost) = calls.windows(2).position(|pair| matches!(pair, [RecalledNothing, StoredByAnother])) {
            calls.drain(lost..lost + 2);
        }
    }
    if under == Under::Binding {
        return matches!(
            calls.as_slice(),
            [HeadWithBoundToken, SignatureHolds, Peer, SignatureHolds, RecalledNothing, Stored, BodyAllowed]
        );
    }
    if under == Under::Choice {
        return calls == [HeadWithToken, SignatureHolds, RouteNamesPolicy, BodyAllowed];
    }
    if under == Under::Document {
        // The token's signature, and the document's. What the decision service would permit is beyond the document.
        return calls == [HeadWithDocument, SignatureHolds, SignatureHolds, BodyAllowed];
    }
    if under == Under::Memory {
        return matches!(
            calls.as_slice(),
            [HeadWithToken, SignatureHolds, BodyAllowed, RecalledNothing, Stored]
                | [HeadWithToken, SignatureHolds, BodyRisky, RecalledNothing, Stored, AnswerPermits]
                | [HeadWithToken, SignatureHolds, BodyRisky, RecalledNothing, Stored, AnswerNarrows, BodyRisky]
        );
    }
    if let [HeadWithOpaqueToken, rest @ ..] = calls.as_slice() {
        // What of the body comes while the issuer is asked is held, and handed over once more.
        let asked = rest.iter().take_while(|symbol| {
            matches!(
                symbol,
                BodyAllowed | BodyRisky | BodyDenied | BodyOfNoRule | BodyUnreadable | BodyTooLarge | BufferedTooMuch
            )
        });
        return matches!(
            &rest[asked.count()..],
            [AnswerActive, BodyAllowed]
                | [AnswerActive, BodyRisky, AnswerPermits]
                | [AnswerActive, BodyRisky, NoAnswer | NoConnection, AnswerPermits]
                | [AnswerActive, BodyRisky, AnswerNarrows, BodyRisky]
        );
    }
    if under == Under::Unheld && calls.contains(&AnswerNarrows) {
        return false;
    }
    matches!(
        calls.as_slice(),
        [HeadWithToken, SignatureHolds, BodyAllowed]
            | [HeadWithToken, SignatureHolds, BodyRisky, AnswerPermits]
            // A connection that fails is tried once more.
            | [HeadWithToken, SignatureHolds, BodyRisky, NoAnswer | NoConnection, AnswerPermits]
            // The proxy gives the body once more: the very one that was judged.
            | [HeadWithToken, SignatureHolds, BodyRisky, AnswerNarrows, BodyRisky]
    )
}
