//! What a tool's name says that it does.

use super::danger;
use super::verbs::{Class, deed, is_a_view, names_a_thing, verb};
use super::words::Words;
use crate::action::ActionKind;

/// The kind of action that a name promises, `None` where it has no verb that is known.
pub(super) fn kind(name: &str) -> Option<ActionKind> {
    let split = Words::of(name);
    let last = phrase(split.last_part());
    let all = phrase(&split.words);
    // `invoice.delete`: the last part is the method. But a part before it can't be ignored where it destroys.
    let found = kind_of_phrase(&last).or_else(|| kind_of_phrase(&all))?;
    let destroys = all.iter().any(|word| verb(word) == Some((ActionKind::Delete, Class::Verb)));
    let is_namespaced = last.len() < all.len();
    if is_namespaced && destroys && danger(found) < danger(ActionKind::Delete) && !is_about_destroying(&all) {
        return Some(ActionKind::Delete);
    }
    let moves_matter =
        matches!(found, ActionKind::Create | ActionKind::Update) && all.iter().any(|word| MACHINES.contains(word));
    Some(if moves_matter { ActionKind::Execute } else { found })
}

/// Machines that move, heat, or keep people safe: what is changed of them happens in the world, and nobody takes it back.
const MACHINES: &[&str] = &[
    "robot",
    "drone",
    "thermostat",
    "valve",
    "furnace",
    "oven",
    "stove",
    "elevator",
    "pump",
    "reactor",
    "vehicle",
    "alarm",
    "ventilator",
    "insulin",
    "sprinkler",
    "conveyor",
    "actuator",
    "plc",
    "scada",
    "traffic",
];

/// The name of an operation without the HTTP method at its beginning: `PostRefunds` posts nothing to anybody.
pub(super) fn without_method<'n>(name: &'n str, method: &str) -> &'n str {
    let rest = name.get(method.len()..).filter(|rest| rest.starts_with(|next: char| !next.is_lowercase()));
    let begins = name.get(..method.len()).is_some_and(|start| start.eq_ignore_ascii_case(method));
    rest.filter(|_| begins && method != "GET").unwrap_or(name)
}

/// Whether a name promises to run what a statement says, and nothing else.
pub(crate) fn is_about_sql(name: &str) -> bool {
    // The root type of GraphQL is no database.
    let words = Words::of(name.strip_prefix("Query.").unwrap_or(name)).words;
    words.iter().any(|word| word == "query" || word == "sql" || DATABASES.contains(&word.as_str()))
        && matches!(kind(name), Some(ActionKind::Read | ActionKind::List | ActionKind::Execute) | None)
}

/// Words, with those joined that mean one thing together: the merge of a merge request merges nothing.
fn phrase(words: &[String]) -> Vec<&str> {
    let mut joined: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        let word = word.as_str();
        match (joined.last().copied(), word) {
            (Some("merge" | "pull" | "change" | "feature" | "friend" | "access"), "request" | "requests") => {
                joined.pop();
                joined.push("changeset");
            }
            (Some("check"), "out") => replace_last(&mut joined, "checkout"),
            (Some("check" | "sign" | "log"), "in") => replace_last(&mut joined, "join"),
            // `API-post-search`: the HTTP method of a generated tool, which may do anything.
            (Some("api"), "post" | "query") => replace_last(&mut joined, "create"),
            (Some("roll"), "back") => replace_last(&mut joined, "rollback"),
            (Some("clean"), "up") => replace_last(&mut joined, "cleanup"),
            (Some("set"), "up") => replace_last(&mut joined, "configure"),
            (Some("hand"), "off") => replace_last(&mut joined, "handoff"),
            (Some("re"), "run" | "trigger") => replace_last(&mut joined, "rerun"),
            (Some("log" | "sign"), "out") => replace_last(&mut joined, "leave"),
            (Some("turn" | "switch" | "shut" | "power"), "off" | "down") => replace_last(&mut joined, "shutdown"),
            (Some("top"), "up") => replace_last(&mut joined, "topup"),
            // What is found, not what is done to it.
            (Some("find" | "search" | "list"), "duplicate") => joined.push("twin"),
            _ => joined.push(word),
        }
    }
    joined
}

fn replace_last<'a>(words: &mut Vec<&'a str>, with: &'a str) {
    words.pop();
    words.push(with);
}

fn kind_of_phrase(words: &[&str]) -> Option<ActionKind> {
    // `deploy_status` deploys nothing. A status by itself is set or posted like anything else.
    if matches!(words, [.., job, "status" | "state" | "progress" | "result" | "results"] if JOBS.contains(job) && words.len() == 2)
    {
        return Some(ActionKind::Read);
    }
    let Some((at, kind)) = main_verb(words) else {
        // The worst deed counts: `log_deletion_api` deletes.
        let deeds = words.iter().filter_map(|word| deed(word)).max_by_key(|kind| danger(*kind));
        return deeds.or_else(|| words.last().filter(|word| is_a_view(word)).map(|_| ActionKind::Read));
    };
    let rest = words.get(at.saturating_add(1)..).unwrap_or_default();
    // `RecordDeletion`: a noun for the deed says what is done to the record.
    let is_noun = words.get(at).and_then(|word| verb(word)).is_some_and(|(_, class)| class == Class::Either);
    let deed = rest.last().and_then(|word| deed(word)).filter(|deed| is_noun && danger(*deed) > danger(kind));
    if let Some(deed) = deed {
        return Some(deed);
    }
    let kind = words.get(at).map_or(kind, |word| with_its_object(word, kind, words, rest));
    let raised = rest.iter().enumerate().filter_map(|(index, word)| {
        let (found, class) = verb(word)?;
        let before = index.checked_sub(1).and_then(|index| rest.get(index));
        let is_joined = before.is_some_and(|word| matches!(*word, "and" | "or" | "then" | "plus" | "n"));
        let counts = is_joined || (is_harmless(kind) && class == Class::Verb && is_done_too(rest, index, found));
        counts.then_some(found)
    });
    raised.chain([kind]).max_by_key(|kind| danger(*kind))
}

/// What runs for a while, and can be asked how it goes.
const JOBS: &[&str] = &[
    "deploy",
    "deployment",
    "build",
    "release",
    "run",
    "test",
    "job",
    "task",
    "backup",
    "import",
    "export",
    "crawl",
    "scan",
    "sync",
    "migration",
    "pipeline",
    "workflow",
    "order",
    "transfer",
    "payout",
    "payment",
    "refund",
    "agent",
];

/// Where the verb is that the name is about, and its kind.
fn main_verb(words: &[&str]) -> Option<(usize, ActionKind)> {
    let mut verbs =
        words.iter().enumerate().filter_map(|(at, word)| verb(word).map(|(kind, class)| (at, *word, kind, class)));
    let (at, word, kind, class) = verbs.next()?;
    if class == Class::Verb || !names_a_thing(word) {
        // `run_get`: nothing is run. Only a last word that can't be an object says so.
        let last = words.len().saturating_sub(1);
        let end = words.last().and_then(|word| verb(word));
        return match end {
            Some((end, Class::Verb)) if class == Class::Either && last > at => Some((last, end)),
            _ => Some((at, kind)),
        };
    }
    // `release_list`, `mail_search_folders`, `lock_grant_access`: a thing, and what is done to it.
    match verbs.next() {
        Some((second, _, done, done_class)) if second == at.saturating_add(1) => {
            let is_sure = done_class == Class::Verb || is_harmless(done) || danger(done) > danger(kind);
            Some(if is_sure { (second, done) } else { (at, kind) })
        }
        Some((second, _, done, Class::Verb)) if second.saturating_add(1) == words.len() => Some((second, done)),
        _ => Some((at, kind)),
    }
}

/// Whether a verb behind one that only reads is done as well, instead of being part of what is read.
fn is_done_too(rest: &[&str], index: usize, found: ActionKind) -> bool {
    if is_harmless(found) {
        return false;
    }
    let is_last = index.saturating_add(1) == rest.len();
    let word = rest.get(index).copied().unwrap_or_default();
    let never_a_thing = matches!(word, "write" | "replace" | "insert" | "upsert" | "append" | "modify" | "overwrite");
    is_last || (index == 0 && never_a_thing) || (found == ActionKind::Delete && !is_about_destroying(rest))
}

/// Whether words that name a destruction only look at it: `get_delete_status`.
fn is_about_destroying(words: &[&str]) -> bool {
    words.last().is_some_and(|word| {
        matches!(
            *word,
            "status" | "history" | "log" | "logs" | "preview" | "policy" | "permissions" | "events" | "count"
        )
    })
}

const fn is_harmless(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::List | ActionKind::Read)
}

/// What a verb means with this object: creating a refund moves money, taking a screenshot takes nothing.
fn with_its_object(word: &str, kind: ActionKind, words: &[&str], rest: &[&str]) -> ActionKind {
    let object = rest.last().copied().unwrap_or_default();
    let has = |wanted: &[&str]| rest.iter().any(|word| wanted.contains(word));
    match word {
        "capture" if has(&["screenshot", "snapshot", "page"]) => ActionKind::Read,
        "capture" if has(&["payment", "charge", "order", "intent", "authorization"]) => ActionKind::Transfer,
        "resolve" if NAMES_OF_THINGS.contains(&object) => ActionKind::Read,
        "query" if words.iter().any(|word| DATABASES.contains(word)) => ActionKind::Execute,
        // Who takes all of it takes it out.
        "download" if words.iter().any(|word| ["all", "bulk", "everything", "entire"].contains(word)) => {
            ActionKind::Export
        }
        "open" if has(&["issue", "changeset", "ticket", "incident", "case", "account", "dispute", "position"]) => {
            ActionKind::Create
        }
        "post" if has(&["status", "tweet", "story", "photo", "video", "timeline", "feed", "reel"]) => {
            ActionKind::Publish
        }
        "schedule" | "arrange"
            if has(&["appointment", "visit", "ride", "tour", "pickup", "delivery", "consultation"]) =>
        {
            ActionKind::Transfer
        }
        "open" if has(&["node", "nodes", "devtools", "page", "tab", "panel", "view"]) => ActionKind::Read,
        // Doors, gates, valves, garages: whoever stands before them gets in.
        "open" if has(&["door", "doors", "gate", "garage", "valve", "safe", "vault"]) => ActionKind::Grant,
        "open" => ActionKind::Update,
        "generate" if has(&["types", "diagram", "chart", "sql", "query", "summary", "locator", "deeplink"]) => {
            ActionKind::Read
        }
        "create" | "make" | "write" | "add" | "submit" | "share" | "schedule"
            if has(&["post", "tweet", "story", "reel", "thread", "blog"]) && !has(SHARED_WITHIN) =>
        {
            ActionKind::Publish
        }
        "place" | "submit" | "create" | "make" if has(&["order", "reservation", "booking", "bid", "trade"]) => {
            ActionKind::Transfer
        }
        "accept" | "complete" if has(&["changeset"]) => ActionKind::Merge,
        "move" if has(&["trash", "bin"]) => ActionKind::Delete,
        "create" | "make" | "send" | "submit" | "add" | "new" | "schedule" | "update" | "modify" | "initiate"
            if MONEY.contains(&object) =>
        {
            ActionKind::Transfer
        }
        "add" | "set" | "create" | "update" | "change" | "modify" | "assign" | "generate" | "manage" | "edit"
            if RIGHTS.contains(&object) =>
        {
            ActionKind::Grant
        }
        "update" | "change" | "set" | "reset" | "modify" | "edit" | "add" | "create" | "save" | "manage"
            if has(CREDENTIALS) && !has(&["policy", "manager"]) =>
        {
            ActionKind::Grant
        }
        "add" | "update" | "manage" | "set" | "edit"
            if has(&["allowlist", "whitelist", "blocklist", "blacklist", "firewall", "acl"]) =>
        {
            ActionKind::Grant
        }
        "make" | "set" | "update" if object == "public" => ActionKind::Publish,
        "update" | "add" | "create" | "set" | "manage"
            if has(&["sharing"]) || has(&["shared"]) && has(&["link", "links"]) =>
        {
            ActionKind::Grant
        }
        _ => kind,
    }
}

/// What makes a post one that stays inside.
const SHARED_WITHIN: &[&str] = &["comment", "comments", "draft", "review", "channel", "message", "discussion", "issue"];

const CREDENTIALS: &[&str] =
    &["password", "passwords", "passcode", "pin", "mfa", "totp", "secret", "secrets", "passkey"];

const NAMES_OF_THINGS: &[&str] = &[
    "id",
    "ids",
    "name",
    "path",
    "url",
    "uri",
    "dns",
    "host",
    "hostname",
    "domain",
    "address",
    "handle",
    "reference",
    "ref",
    "username",
    "alias",
];

const DATABASES: &[&str] = &[
    "sql",
    "database",
    "db",
    "postgres",
    "postgresql",
    "mysql",
    "sqlite",
    "snowflake",
    "bigquery",
    "redshift",
    "clickhouse",
    "mssql",
    "duckdb",
    "oracle",
    "mariadb",
];

const MONEY: &[&str] = &[
    "bitcoin",
    "bitcoins",
    "ether",
    "crypto",
    "tokens",
    "coins",
    "gift",
    "cash",
    "refunds",
    "payouts",
    "transfers",
    "payments",
    "charges",
    "refund",
    "payout",
    "transfer",
    "payment",
    "charge",
    "wire",
    "transaction",
    "money",
    "funds",
    "disbursement",
];

const RIGHTS: &[&str] = &[
    "permission",
    "permissions",
    "role",
    "roles",
    "acl",
    "access",
    "privilege",
    "privileges",
    "collaborator",
    "collaborators",
    "admin",
    "admins",
    "owner",
    "owners",
    "token",
    "key",
    "keys",
    "credential",
    "credentials",
];
