//! How many people a message goes to. Whether they are outside is [`super::destination`]'s question.

use std::ops::ControlFlow;

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable};
use crate::action::{Action, ActionKind};

/// Names of parameters that hold recipients, without `_`, in lower case.
pub(super) const NAMES: &[&str] = &[
    "to",
    "cc",
    "bcc",
    "recipient",
    "recipients",
    "email",
    "emails",
    "emailaddress",
    "emailaddresses",
    "toaddress",
    "toaddresses",
    "torecipients",
    "ccrecipients",
    "bccrecipients",
    "attendees",
    "attendee",
    "participants",
    "participant",
    "invitees",
    "invitee",
    "guests",
    "guest",
    "members",
    "useremail",
    "sendto",
    "mailto",
    "replyto",
    "forwardto",
    "sharewith",
    "sharedwith",
    "collaborators",
    "destinationemail",
    "useremails",
    "toemail",
    "recipientemail",
    "address",
    "phone",
    "phonenumber",
    "tonumber",
    "tophone",
    "mobile",
    "forwardingaddress",
    "delegate",
];

/// What stands before the `@` of an address that reaches many, and what chats call all of a room.
const GROUPS: &[&str] = &[
    "all",
    "everyone",
    "everybody",
    "company",
    "staff",
    "allstaff",
    "all-staff",
    "team",
    "employees",
    "all-employees",
    "list",
    "announce",
    "announcements",
    "@channel",
    "@here",
    "@everyone",
    "@all",
    "<!channel>",
    "<!here>",
    "<!everyone>",
];

/// Counts recipients over all parameters that hold them.
#[derive(Debug, Default)]
pub(super) struct Count {
    recipients: usize,
    pointer: String,
}

impl Count {
    pub(super) fn look(&mut self, leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
        if matches!(kind, ActionKind::List | ActionKind::Read) || !leaf.is(Role::Recipient) {
            return;
        }
        let Some(text) = leaf.text() else { return };
        let people = people(text).inspect(|piece| look_at_person(leaf, piece, findings)).count();
        if self.recipients == 0 {
            leaf.pointer.clone_into(&mut self.pointer);
        }
        self.recipients = self.recipients.saturating_add(people);
    }

    pub(super) fn judge(&self, table: &RiskTable, findings: &mut Findings) {
        if self.recipients > table.recipients {
            let (found, bound) = (self.recipients, table.recipients);
            findings.add(
                Code::RecipientsOverLimit,
                &self.pointer,
                format!("{found} recipients, and `limits.recipients` is {bound}"),
            );
        }
    }
}

fn people(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|piece| !piece.is_empty())
}

/// Hands over each address that a message goes to, without the name before it (`Ann <ann@example.com>`).
pub fn each_recipient(action: &Action<'_>, to: &mut dyn FnMut(&str)) {
    if matches!(action.kind, ActionKind::List | ActionKind::Read) {
        return;
    }
    // The end of the walk says nothing: it is never stopped.
    let _ = action.parameters.leaves(&mut |pointer, datum| {
        let leaf = Leaf::new(pointer, datum);
        if leaf.is(Role::Recipient) {
            for person in leaf.scalar().into_iter().flat_map(people) {
                let named = person.strip_suffix('>').and_then(|named| named.rsplit_once('<'));
                to(named.map_or(person, |(_, address)| address));
            }
        }
        ControlFlow::Continue(())
    });
}

fn look_at_person(leaf: &Leaf<'_, '_>, person: &str, findings: &mut Findings) {
    if leaf.name.contains("bcc") {
        findings.add_once(Code::RecipientHidden, leaf.pointer, Code::RecipientHidden.explanation());
    }
    let local = person.rsplit_once('@').map_or(person, |(local, _)| local);
    let local = if local.is_empty() { person } else { local };
    if GROUPS.iter().any(|group| group.eq_ignore_ascii_case(local)) {
        findings.add_once(Code::RecipientGroup, leaf.pointer, Code::RecipientGroup.explanation());
    }
    if is_phone(person) {
        findings.add_once(Code::RecipientPhone, leaf.pointer, Code::RecipientPhone.explanation());
    }
}

/// A number in international notation (E.164), with the marks that people write between its digits.
fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+').or_else(|| text.strip_prefix("00")) else { return false };
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'(' | b')' | b'.');
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (7..=15).contains(&digits) && rest.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_told_from_names_and_addresses() {
        for text in ["+15551234567", "+44 20 7946 0958", "0049 (30) 123456"] {
            assert!(is_phone(text), "{text}");
        }
        for text in ["Ann", "+1", "a@b.example", "15551234567", "+1 call me", ""] {
            assert!(!is_phone(text), "{text}");
        }
    }
}
