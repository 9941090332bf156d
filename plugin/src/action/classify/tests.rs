//! Names of tools as real servers have them.

use super::*;

fn kind(name: &str) -> ActionKind {
    tool(None, None, name, &Parameters::default()).0
}

#[test]
fn what_only_reads_is_seen_to() {
    let reading = include_str!("tests/reading.txt");
    let wrong: Vec<(&str, ActionKind)> = names(reading)
        .map(|name| (name, kind(name)))
        .filter(|(_, kind)| !matches!(kind, ActionKind::Read | ActionKind::List))
        .collect();
    let total = names(reading).count();
    // Names alone can't tell everything; each that they don't is rated too high, never too low.
    assert!(wrong.len() * 40 <= total, "{} of {total}: {wrong:?}", wrong.len());
}

#[test]
fn what_destroys_is_never_a_read() {
    let wrong: Vec<(&str, ActionKind)> = names(include_str!("tests/changing.txt"))
        .map(|name| (name, kind(name)))
        .filter(|(_, kind)| matches!(kind, ActionKind::Read | ActionKind::List))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn each_kind_is_told_from_the_others() {
    for (name, expected) in [
        ("deleteInvoice", ActionKind::Delete),
        ("invoice.delete", ActionKind::Delete),
        ("bulk_remove", ActionKind::Delete),
        ("files-purge", ActionKind::Delete),
        ("get_and_delete", ActionKind::Delete),
        ("delete.list", ActionKind::Delete),
        ("move_to_trash", ActionKind::Delete),
        ("get_merge_request", ActionKind::Read),
        ("merge_request", ActionKind::Unknown),
        ("create_merge_request", ActionKind::Create),
        ("merge_pull_request", ActionKind::Merge),
        ("accept_merge_request", ActionKind::Merge),
        ("list_deployments", ActionKind::List),
        ("search_code", ActionKind::Read),
        ("get_transfer", ActionKind::Read),
        ("read_invite", ActionKind::Read),
        ("invite_user_to_slack", ActionKind::Invite),
        ("send_email", ActionKind::Send),
        ("slack_post_message", ActionKind::Send),
        ("release_list", ActionKind::List),
        ("publish_release", ActionKind::Publish),
        ("deploy_edge_function", ActionKind::Deploy),
        ("create_refund", ActionKind::Transfer),
        ("create_payment_link", ActionKind::Create),
        ("payments.refund", ActionKind::Transfer),
        ("send_money", ActionKind::Transfer),
        ("export_report", ActionKind::Export),
        ("share_drive_file", ActionKind::Invite),
        ("add_collaborator", ActionKind::Grant),
        ("create_api_key", ActionKind::Grant),
        ("approve_expense", ActionKind::Approve),
        ("delegate_task", ActionKind::Delegate),
        ("execute_sql", ActionKind::Execute),
        ("run_command", ActionKind::Execute),
        ("issue_write", ActionKind::Update),
        ("create_or_update_file", ActionKind::Update),
        ("find_and_replace", ActionKind::Update),
        ("salesforce.query", ActionKind::Read),
        ("mark_all_notifications_read", ActionKind::Update),
        ("frobnicate", ActionKind::Unknown),
        ("AugustSmartLockGrantGuestAccess", ActionKind::Grant),
        ("TrafficControlGetStatus", ActionKind::Read),
        ("BankManagerPayBill", ActionKind::Transfer),
        ("update_scheduled_transaction", ActionKind::Transfer),
        ("export_search_results", ActionKind::Export),
        ("", ActionKind::Unknown),
    ] {
        assert_eq!(kind(name), expected, "{name}");
    }
}

#[test]
fn the_operator_knows_best() {
    let facts = ToolFacts { action: Some(ActionKind::Read), ..ToolFacts::default() };
    assert_eq!(tool(Some(&facts), None, "delete_all", &Parameters::default()), (ActionKind::Read, Source::Operator));
}

#[test]
fn a_trusted_server_is_believed_and_another_may_only_raise() {
    let with = |name: &str, reads, destroys, is_trusted| {
        tool(None, Some(Annotation { reads, destroys, is_trusted }), name, &Parameters::default())
    };
    let annotation = Source::Annotation;
    assert_eq!(with("frobnicate", Some(true), None, true), (ActionKind::Read, annotation));
    assert_eq!(with("create_report", Some(true), Some(false), true), (ActionKind::Read, annotation));
    assert_eq!(with("create_report", Some(true), Some(false), false), (ActionKind::Create, Source::Name));
    assert_eq!(with("frobnicate", Some(true), None, false), (ActionKind::Unknown, Source::Nothing));
    assert_eq!(with("frobnicate", Some(false), Some(false), true), (ActionKind::Update, annotation));
    assert_eq!(with("frobnicate", Some(false), Some(false), false), (ActionKind::Unknown, Source::Nothing));
    assert_eq!(with("get_things", Some(false), Some(true), false), (ActionKind::Update, annotation));
    assert_eq!(with("get_things", Some(true), Some(true), true), (ActionKind::Update, annotation));
    assert_eq!(with("list_things", Some(true), None, true), (ActionKind::List, Source::Name));
    assert_eq!(with("delete_things", Some(false), None, true), (ActionKind::Delete, Source::Name));
}

#[test]
fn a_parameter_may_raise_and_never_lower() {
    let with = |tool_name: &str, value: &str| {
        let parameters =
            Parameters { fields: vec![("action".into(), value.to_owned().into())], ..Parameters::default() };
        tool(None, None, tool_name, &parameters)
    };
    assert_eq!(with("records", "delete"), (ActionKind::Delete, Source::Parameter));
    assert_eq!(with("manage_records", "DELETE"), (ActionKind::Delete, Source::Parameter));
    assert_eq!(with("delete_records", "get"), (ActionKind::Delete, Source::Name));
    assert_eq!(with("records", "GET"), (ActionKind::Read, Source::Parameter));
}

#[test]
fn a_database_tool_does_what_its_statement_says() {
    let with = |tool_name: &str, fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned().into(), (*text).to_owned().into()));
        tool(None, None, tool_name, &Parameters { fields: fields.collect(), ..Parameters::default() }).0
    };
    assert_eq!(with("execute_sql", &[("sql", "SELECT a FROM t WHERE b = 1")]), ActionKind::Read);
    assert_eq!(with("query", &[("sql", "DELETE FROM t WHERE b = 1")]), ActionKind::Delete);
    assert_eq!(with("mysql_query", &[("q", "GRANT ALL ON t TO u")]), ActionKind::Grant);
    assert_eq!(with("execute_sql", &[("sql", "DROP TABLE t"), ("query", "SELECT a FROM t")]), ActionKind::Delete);
    assert_eq!(with("execute_sql", &[("sql", "whatever")]), ActionKind::Execute);
    // A statement that isn't run lowers nothing.
    assert_eq!(with("run_command", &[("command", "ls"), ("sql", "SELECT a FROM t")]), ActionKind::Execute);
}

#[test]
fn a_rest_operation_is_told_by_name_path_and_method() {
    for (tool, method, last_word, expected) in [
        ("payments.refund", "POST", Some("refund"), ActionKind::Transfer),
        ("op1", "POST", Some("approve"), ActionKind::Approve),
        ("op1", "POST", Some("search"), ActionKind::Read),
        ("op1", "POST", Some("widgets"), ActionKind::Create),
        ("op1", "GET", Some("widgets"), ActionKind::Read),
        ("op1", "GET", None, ActionKind::Read),
        ("op1", "GET", Some("delete"), ActionKind::Delete),
        ("issues/list-for-repo", "GET", Some("issues"), ActionKind::List),
        ("widgets.get", "DELETE", None, ActionKind::Delete),
        ("widgets.get", "PUT", None, ActionKind::Update),
        ("widgets.search", "POST", None, ActionKind::Read),
        ("op1", "PURGE", None, ActionKind::Unknown),
    ] {
        let (found, _) = operation(&ToolFacts::default(), tool, method, last_word, &Parameters::default());
        assert_eq!(found, expected, "{method} {tool} {last_word:?}");
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// `envoy/POLICY.md` tells operators what a verb is taken for: what it says is so.
#[test]
fn the_documentation_names_every_kind_and_its_verbs() {
    let document = include_str!("../../../../envoy/POLICY.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .skip_while(|line| !line.starts_with("| action |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let kinds: Vec<_> = rows.iter().map(|cells| cells[1].trim_matches('`')).collect();
    assert_eq!(kinds, ActionKind::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for cells in rows {
        for word in cells[3].split('`').filter(|word| !word.trim().is_empty()) {
            let found = verbs::verb(word).map(|(kind, _)| kind.name());
            assert_eq!(found, Some(cells[1].trim_matches('`')), "{word}");
        }
    }
    for (name, kind) in [
        ("create_refund", ActionKind::Transfer),
        ("download_all", ActionKind::Export),
        ("customers.download_all", ActionKind::Export),
        ("download_report", ActionKind::Read),
        ("get_delete_status", ActionKind::Read),
    ] {
        assert_eq!(name::kind(name), Some(kind), "{name}");
    }
}
