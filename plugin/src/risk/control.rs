//! Parameters whose value widens what an action does: who gets in, which branch, which environment, by force.

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use crate::action::ActionKind;

/// Names of parameters that say a branch, without `_`, in lower case.
pub(super) const BRANCHES: &[&str] =
    &["branch", "base", "basebranch", "targetbranch", "ref", "into", "branchname", "targetref"];

/// Names of parameters that say an environment, without `_`, in lower case.
pub(super) const ENVIRONMENTS: &[&str] = &[
    "environment",
    "env",
    "stage",
    "targetenv",
    "environmentname",
    "deploymentenvironment",
    "target",
    "namespace",
    "cluster",
];

/// Names of parameters that say a role or a right, without `_`, in lower case.
pub(super) const RIGHTS: &[&str] = &[
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
];

/// Names of parameters that say whom something is for, without `_`, in lower case.
pub(super) const AUDIENCES: &[&str] = &[
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
    "sharetype",
    "sharewith",
    "granteetype",
    "viewaccess",
];

/// Names of parameters that say whether a safeguard is overridden, or all below is meant, without `_`, in lower case.
pub(super) const FORCES: &[&str] = &[
    "force",
    "forcepush",
    "forcedelete",
    "overwriteall",
    "skipchecks",
    "noverify",
    "bypass",
    "ignorewarnings",
    "autoapprove",
    "recursive",
    "recurse",
    "cascade",
    "deleteall",
    "purgeall",
    "permanent",
    "permanently",
    "all",
    "harddelete",
];

/// Names of parameters that say whether something is public, without `_`, in lower case.
pub(super) const PUBLICS: &[&str] =
    &["public", "ispublic", "anonymous", "allowanonymous", "publicaccess", "makepublic"];

/// Names of parameters that say whether somebody may do everything, without `_`, in lower case.
pub(super) const ADMINS: &[&str] = &["isadmin", "admin", "superuser", "isowner", "sudo", "privileged"];

/// What is looked for: what a parameter is, its values, and the finding.
const VALUES: &[(Role, &[&str], Code)] = &[
    (
        Role::Branch,
        &["main", "master", "production", "prod", "trunk", "stable", "refs/heads/main", "refs/heads/master"],
        Code::BranchProtected,
    ),
    (Role::Environment, &["production", "prod", "live", "prd"], Code::EnvironmentProduction),
    (
        Role::Right,
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
        Role::Audience,
        &[
            "public",
            "anyone",
            "all_users",
            "anybody",
            "internet",
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
const SWITCHES: &[(Role, Code)] = &[
    (Role::Force, Code::ForceRequested),
    (Role::Public, Code::PermissionPublic),
    (Role::Admin, Code::PermissionElevated),
];

/// Credentials that are being set.
pub(super) const CREDENTIALS: &[&str] = &[
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

/// The values that are looked for are shorter.
const MAX_VALUE: usize = 64;

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    if matches!(kind, ActionKind::List | ActionKind::Read) {
        return;
    }
    let Some(text) = leaf.scalar().or_else(|| leaf.bool().map(|it| if it { "true" } else { "false" })) else {
        return;
    };
    // A longer text is none of the values, but may be a password.
    let value = if text.len() <= MAX_VALUE { text.trim().to_lowercase() } else { String::new() };
    for (role, values, code) in VALUES {
        if leaf.is(*role) && values.contains(&value.as_str()) && applies(*code, kind) {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    for (role, code) in SWITCHES {
        if leaf.is(*role) && matches!(value.as_str(), "true" | "1" | "yes") {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    if leaf.name == "private" && value == "false" {
        findings.add_once(Code::PermissionPublic, leaf.pointer, Code::PermissionPublic.explanation());
    }
    if leaf.is(Role::Credential) && kind != ActionKind::Send {
        findings.add_once(Code::PermissionCredentials, leaf.pointer, Code::PermissionCredentials.explanation());
    }
}

/// A branch is changed by what writes to it; proposing a change to it (`create`) is how it should be done.
fn applies(code: Code, kind: ActionKind) -> bool {
    code != Code::BranchProtected || kind != ActionKind::Create
}
