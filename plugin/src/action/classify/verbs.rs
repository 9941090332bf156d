//! The verbs that names of tools are made of.

use crate::action::ActionKind;

/// How sure it is that a word is a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Hardly ever a noun in names of tools: `delete`, `create`, `fetch`.
    Verb,
    /// A noun as often: `release`, `transfer`, `view`.
    Either,
}

/// A verb's kind, and how sure it is that it is one.
pub(super) fn verb(word: &str) -> Option<(ActionKind, Class)> {
    let find = |table: &[(ActionKind, &[&str])]| {
        table.iter().find(|(_, words)| words.contains(&word)).map(|(kind, _)| *kind)
    };
    find(VERBS).map(|kind| (kind, Class::Verb)).or_else(|| find(EITHER).map(|kind| (kind, Class::Either)))
}

/// Words that are hardly ever nouns.
const VERBS: &[(ActionKind, &[&str])] = &[
    (ActionKind::List, &["enumerate", "ls", "browse"]),
    (
        ActionKind::Read,
        &[
            "get", "fetch", "retrieve", "describe", "find", "lookup", "inspect", "explain", "summarize", "summarise",
            "analyze", "analyse", "compare", "validate", "verify", "download", "calculate", "compute", "convert",
            "translate", "extract", "parse", "detect", "geocode", "scrape", "crawl", "aggregate", "ask", "wait",
            "suggest", "recommend", "estimate", "predict", "determine", "discover", "whoami", "grep", "glob", "peek",
            "decode", "identify", "classify", "introspect", "poll", "render", "search", "read", "examine",
            "investigate", "infer", "is", "has", "can", "does", "ping", "think", "visualize", "visualise",
        ],
    ),
    (
        ActionKind::Create,
        &["create", "make", "generate", "insert", "append", "duplicate", "clone", "mkdir", "register", "provision"],
    ),
    (
        ActionKind::Update,
        &[
            "update", "edit", "modify", "write", "upsert", "replace", "rename", "move", "configure", "adjust", "manage",
            "mark", "unmark", "assign", "unassign", "attach", "detach", "unlink", "enable", "disable", "add", "save",
            "apply", "resolve", "close", "reopen", "unlock", "unpin", "archive", "unarchive", "restore", "undelete",
            "unpublish", "subscribe", "unsubscribe", "follow", "unfollow", "mute", "unmute", "hide", "unhide",
            "dismiss", "cancel", "pause", "resume", "restart", "reboot", "suspend", "activate", "deactivate", "rotate",
            "migrate", "reorder", "reschedule", "unschedule", "sync", "synchronize", "synchronise", "increment",
            "decrement", "navigate", "click", "press", "fill", "drag", "hover", "resize", "connect", "disconnect",
            "reprioritize", "reprioritise", "prioritize", "finalize", "finalise", "submit", "push", "rebase",
            "checkout", "revert", "rollback", "undo", "redo", "overwrite", "unflag", "unstar", "unlike", "react",
            "snooze", "escalate", "swap", "toggle", "enroll", "unenroll", "join", "leave", "acknowledge", "untrust",
            "unstage", "untag", "accept", "decline", "reject", "unblock", "encrypt", "decrypt", "alter", "bump",
            "upload",
        ],
    ),
    (
        ActionKind::Delete,
        &[
            "delete", "remove", "purge", "destroy", "erase", "wipe", "truncate", "del", "rm", "rmdir", "discard",
            "uninstall", "terminate", "kill", "expunge", "prune", "evict", "unset", "revoke", "deprovision",
            "decommission", "shred", "nuke", "cleanup", "unregister", "deregister", "bulkdelete", "batchdelete",
            "invalidate", "offboard", "redact", "forget",
        ],
    ),
    (ActionKind::Export, &["exfiltrate", "unload"]),
    (ActionKind::Send, &["send", "notify", "respond", "broadcast", "resend", "announce"]),
    (ActionKind::Publish, &["publish", "republish", "retweet"]),
    (ActionKind::Deploy, &["redeploy"]),
    (ActionKind::Invite, &["reinvite"]),
    (
        ActionKind::Grant,
        &["authorize", "authorise", "promote", "impersonate", "assume", "elevate", "share", "unrestrict"],
    ),
    (ActionKind::Approve, &["approve", "confirm", "countersign", "ratify", "certify"]),
    (
        ActionKind::Transfer,
        &["pay", "withdraw", "disburse", "reimburse", "remit", "buy", "sell", "donate"],
    ),
    (ActionKind::Delegate, &["delegate", "outsource"]),
    (ActionKind::Execute, &["execute", "exec", "invoke", "eval", "evaluate", "rerun", "install", "dispatch"]),
];

/// Words that are nouns as often as verbs. Behind another verb they are its object.
const EITHER: &[(ActionKind, &[&str])] = &[
    (ActionKind::List, &["list"]),
    (
        ActionKind::Read,
        &[
            "view", "show", "query", "look", "check", "count", "preview", "diff", "watch", "monitor", "track", "research",
            "scan", "match", "filter", "measure", "screenshot", "tail",
        ],
    ),
    (ActionKind::Create, &["draft", "fork", "open", "new", "init", "clip", "record", "copy"]),
    (
        ActionKind::Update,
        &[
            "commit", "rate", "review", "comment", "lease", "capture", "drain", "cordon", "process", "control", "change",
            "set", "put", "link", "lock", "pin", "start", "stop", "schedule", "import", "store", "type", "select",
            "handle", "switch", "use", "book", "reserve", "patch", "flag", "star", "vote", "like", "complete", "label",
            "format", "tag", "hold", "block", "stage", "stash", "trust", "fix", "repair", "scale", "transition", "pull",
            "turn", "bookmark", "emulate", "focus", "scroll",
        ],
    ),
    (
        ActionKind::Delete,
        &["cut", "drop", "clear", "trash", "empty", "reset", "pop", "void", "ban", "kick", "flush", "expire"],
    ),
    (ActionKind::Export, &["export", "dump", "backup"]),
    (
        ActionKind::Send,
        &["post", "email", "mail", "message", "call", "text", "fax", "chat", "dial", "reply", "forward", "dm"],
    ),
    (ActionKind::Publish, &["release", "tweet"]),
    (ActionKind::Merge, &["merge"]),
    (ActionKind::Deploy, &["deploy", "rollout", "ship"]),
    (ActionKind::Invite, &["invite"]),
    (ActionKind::Grant, &["grant", "permit"]),
    (ActionKind::Approve, &["sign"]),
    (
        ActionKind::Transfer,
        &["transfer", "charge", "payout", "wire", "order", "trade", "refund", "deposit", "purchase"],
    ),
    (ActionKind::Delegate, &["handoff", "spawn"]),
    (
        ActionKind::Execute,
        &["run", "build", "request", "shell", "bash", "script", "ssh", "test", "trigger", "launch", "retry"],
    ),
];

/// Of the words that are either, those that are a noun where another verb follows them: `release_list`, `mail_search`.
pub(super) fn names_a_thing(word: &str) -> bool {
    matches!(
        word,
        "mail" | "email" | "message" | "chat" | "text" | "test" | "build" | "release" | "order" | "draft" | "comment"
    ) || matches!(
        word,
        "review" | "commit" | "record" | "call" | "request" | "label" | "tag" | "payout" | "charge" | "refund" | "store"
    ) || matches!(
        word,
        "schedule" | "script" | "post" | "transfer" | "deploy" | "invite" | "import" | "book" | "stage" | "stash" | "star"
    ) || matches!(word, "backup" | "deposit" | "purchase" | "trade" | "lease" | "patch" | "tweet" | "trigger" | "diff")
}

/// Nouns that a name ends in which has no verb and shows something: `directory_tree`, `browser_console_messages`.
pub(super) fn is_a_view(word: &str) -> bool {
    const VIEWS: &[&str] = &[
        "info", "information", "status", "tree", "log", "logs", "history", "detail", "details", "schema", "stats",
        "statistics", "metrics", "summary", "snapshot", "messages", "requests", "replies", "me", "metadata", "contents",
        "content", "overview", "members", "version", "versions", "indexes", "size", "usage", "types", "directions",
        "elevation", "forecast", "weather", "docs", "documentation", "health", "top", "balance", "quota", "help",
        "guide", "matrix", "insight", "insights", "analytics", "availability", "freebusy", "changelog", "graph",
    ];
    VIEWS.contains(&word)
}
