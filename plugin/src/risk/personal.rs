//! Lists of people that leave.

use memchr::memchr_iter;

use super::Code;
use super::destination::is_address;
use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use crate::action::ActionKind;

/// A signature, a thread's participants or a call for papers name fewer; a customer list names more.
const MAX_ADDRESSES: usize = 10;

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    if matches!(kind, ActionKind::List | ActionKind::Read) || leaf.is(Role::Recipient) {
        return;
    }
    let Some(text) = leaf.text() else { return };
    // Most texts have no address, and looking for one character is quick.
    if memchr_iter(b'@', text.as_bytes()).take(MAX_ADDRESSES.saturating_add(1)).count() <= MAX_ADDRESSES {
        return;
    }
    let separates =
        |char: char| char.is_whitespace() || matches!(char, ',' | ';' | '<' | '>' | '"' | '|' | '(' | ')' | ':');
    let addresses = text.split(separates).map(|word| word.trim_end_matches('.')).filter(|word| is_address(word));
    if addresses.take(MAX_ADDRESSES.saturating_add(1)).count() > MAX_ADDRESSES {
        findings.add(Code::PersonalEmails, leaf.pointer, Code::PersonalEmails.explanation());
    }
}
