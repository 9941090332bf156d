//! What an action and its findings add up to.

use std::collections::BTreeSet;

use super::{Finding, RiskTable};
use crate::action::ActionKind;

/// What kind of action it is counts first: by how hard it is to undo and whom it reaches. To it each code that was
/// found adds its weight, once. At most 100.
pub(super) fn score(table: &RiskTable, kind: ActionKind, findings: &[Finding]) -> u8 {
    let codes: BTreeSet<_> = findings.iter().map(|finding| finding.code).collect();
    codes.iter().fold(table.base(kind), |score, code| score.saturating_add(table.weight(*code))).min(100)
}

/// | score | what speaks for it | kinds |
/// |---|---|---|
/// | 10 | changes nothing, so that one finding that is bad by itself (50) makes it high | list, read |
/// | 25, 35 | can be changed back | create, update |
/// | 35 to 45 | reaches somebody, or is as bad as what findings say of it | send, merge, delegate, invite, transfer, deploy |
/// | 40 | acts in somebody's name | delegate |
/// | 60 | nobody knows | unknown |
/// | 60, 65 | can't be taken back | export, publish, approve, execute; delete, grant |
pub(super) const fn base(kind: ActionKind) -> u8 {
    match kind {
        ActionKind::List | ActionKind::Read => 10,
        ActionKind::Create => 25,
        ActionKind::Update | ActionKind::Send => 35,
        ActionKind::Delegate => 40,
        ActionKind::Merge | ActionKind::Invite | ActionKind::Transfer | ActionKind::Deploy => 45,
        ActionKind::Export | ActionKind::Publish | ActionKind::Approve | ActionKind::Execute | ActionKind::Unknown => {
            60
        }
        ActionKind::Delete | ActionKind::Grant => 65,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::Level;

    #[test]
    fn without_findings_only_what_changes_nothing_is_low() {
        for (name, kind) in ActionKind::ALL {
            let is_low = Level::of(base(*kind)) == Level::Low;
            assert_eq!(is_low, matches!(kind, ActionKind::List | ActionKind::Read | ActionKind::Create), "{name}");
        }
    }

    #[test]
    fn what_cant_be_taken_back_is_high() {
        for kind in [ActionKind::Delete, ActionKind::Grant, ActionKind::Export, ActionKind::Execute] {
            assert_eq!(Level::of(base(kind)), Level::High, "{kind:?}");
        }
    }
}
