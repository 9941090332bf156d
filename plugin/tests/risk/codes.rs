//! The table of codes and the table of actions in `plugin/src/risk/README.md` are those of the code.

use toolgate::action::ActionKind;
use toolgate::risk::{Code, RiskTable};

#[test]
fn the_documentation_has_every_code_with_its_weight() {
    let told = include_str!("../../src/risk/README.md");
    let mut expected = String::from("| code | adds | what was observed |\n|---|---|---|\n");
    for code in Code::ALL {
        expected.push_str(&format!("| `{}` | {} | {} |\n", code.name(), code.weight(), code.explanation()));
    }
    assert!(told.contains(&expected), "the table should be\n{expected}");
}

#[test]
fn the_documentation_has_every_action_with_its_score() {
    let told = include_str!("../../src/risk/README.md");
    let table = RiskTable::default();
    let mut expected = String::from("| action | starts at |\n|---|---|\n");
    for (name, kind) in ActionKind::ALL {
        expected.push_str(&format!("| `{name}` | {} |\n", table.base(*kind)));
    }
    assert!(told.contains(&expected), "the table should be\n{expected}");
}
