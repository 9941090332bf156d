//! How many people a message goes to. Whether they are outside is [`super::destination`]'s question.

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable};
use crate::action::ActionKind;

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
];

/// Counts recipients over all parameters that hold them.
#[derive(Debug, Default)]
pub(super) struct Count {
    recipients: usize,
    pointer: String,
}

impl Count {
    pub(super) fn look(&mut self, leaf: &Leaf<'_, '_>, kind: ActionKind) {
        if matches!(kind, ActionKind::List | ActionKind::Read) || !leaf.is(Role::Recipient) {
            return;
        }
        let Some(text) = leaf.text() else { return };
        let people = text.split([',', ';', '\n']).filter(|piece| !piece.trim().is_empty()).count();
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
