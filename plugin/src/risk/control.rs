//! Parameters whose value widens what an action does: who gets in, which branch, which environment, by force.

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use crate::action::ActionKind;

/// What is looked for: the names of a parameter (without `_`, in lower case), its values, and the finding.
const VALUES: &[(&[&str], &[&str], Code)] = &[
    (
        &["branch", "base", "basebranch", "targetbranch", "ref", "into", "branchname", "targetref"],
        &["main", "master", "production", "prod", "trunk", "stable", "refs/heads/main", "refs/heads/master"],
        Code::BranchProtected,
    ),
    (
        &[
            "environment",
            "env",
            "stage",
            "targetenv",
            "environmentname",
            "deploymentenvironment",
            "target",
            "namespace",
            "cluster",
        ],
        &["production", "prod", "live", "prd"],
        Code::EnvironmentProduction,
    ),
    (
        &[
            "role",
            "roles",
            "permission",
            "permissions",
            "accesslevel",
            "access",
            "privilege",
            "privileges",
            "scope",
            "level",
            "rolename",
        ],
        &[
            "admin",
            "administrator",
            "owner",
            "root",
            "superuser",
            "super_admin",
            "maintainer",
            "maintain",
            "full_control",
            "write_all",
            "sudo",
            "organizer",
            "editor",
        ],
        Code::PermissionElevated,
    ),
    (
        &[
            "visibility",
            "access",
            "sharing",
            "share",
            "type",
            "role",
            "sharedwith",
            "audience",
            "acl",
            "scope",
            "grantee",
            "principal",
            "privacy",
            "linksharing",
        ],
        &[
            "public",
            "anyone",
            "everyone",
            "allusers",
            "allauthenticatedusers",
            "anyone_with_link",
            "anyonewithlink",
            "public-read",
            "public-read-write",
            "world",
            "*",
        ],
        Code::PermissionPublic,
    ),
];

/// The same for `true`.
const SWITCHES: &[(&[&str], Code)] = &[
    (
        &[
            "force",
            "forcepush",
            "forcedelete",
            "overwriteall",
            "skipchecks",
            "noverify",
            "bypass",
            "ignorewarnings",
            "autoapprove",
        ],
        Code::ForceRequested,
    ),
    (
        &["recursive", "recurse", "cascade", "deleteall", "purgeall", "permanent", "permanently", "all", "harddelete"],
        Code::ForceRequested,
    ),
    (&["public", "ispublic", "anonymous", "allowanonymous", "publicaccess", "makepublic"], Code::PermissionPublic),
    (&["isadmin", "admin", "superuser", "isowner", "sudo", "privileged"], Code::PermissionElevated),
];

/// Credentials that are being set.
const CREDENTIALS: &[&str] = &[
    "password",
    "newpassword",
    "passwd",
    "mfa",
    "mfaenabled",
    "twofactor",
    "otp",
    "recoveryemail",
    "recoveryphone",
    "sshkey",
    "publickey",
    "authorizedkey",
];

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    if matches!(kind, ActionKind::List | ActionKind::Read) {
        return;
    }
    let Some(text) = leaf.scalar().or_else(|| leaf.bool().map(|it| if it { "true" } else { "false" }.into())) else {
        return;
    };
    let value = text.trim().to_lowercase();
    for (names, values, code) in VALUES {
        if leaf.is_named(names) && values.contains(&value.as_str()) && applies(*code, kind) {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    for (names, code) in SWITCHES {
        if leaf.is_named(names) && matches!(value.as_str(), "true" | "1" | "yes") {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    if leaf.name == "private" && value == "false" {
        findings.add_once(Code::PermissionPublic, leaf.pointer, Code::PermissionPublic.explanation());
    }
    if leaf.is_named(CREDENTIALS) && kind != ActionKind::Send {
        findings.add_once(Code::PermissionCredentials, leaf.pointer, Code::PermissionCredentials.explanation());
    }
}

/// A branch is changed by what writes to it; proposing a change to it (`create`) is how it should be done.
fn applies(code: Code, kind: ActionKind) -> bool {
    code != Code::BranchProtected || kind != ActionKind::Create
}
