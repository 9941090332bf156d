//! What parameters are called, and what their names make them: all detectors' names in one table, looked up once a
//! parameter.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{control, dates, destination, money, phrase, recipients, rows, statement};

/// What a parameter is, by its name. One name may make it several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Rows,
    Recipient,
    Url,
    Amount,
    Currency,
    Payee,
    Path,
    Command,
    Sql,
    Query,
    Branch,
    Environment,
    Right,
    Audience,
    Force,
    Public,
    Admin,
    Credential,
    Begin,
    End,
}

const NAMES: &[(Role, &[&str])] = &[
    (Role::Rows, rows::NAMES),
    (Role::Recipient, recipients::NAMES),
    (Role::Url, destination::NAMES),
    (Role::Amount, money::AMOUNTS),
    (Role::Currency, money::CURRENCIES),
    (Role::Payee, money::PAYEES),
    (Role::Path, phrase::PATHS),
    (Role::Command, phrase::COMMANDS),
    (Role::Sql, statement::NAMES),
    (Role::Query, statement::QUERIES),
    (Role::Branch, control::BRANCHES),
    (Role::Environment, control::ENVIRONMENTS),
    (Role::Right, control::RIGHTS),
    (Role::Audience, control::AUDIENCES),
    (Role::Force, control::FORCES),
    (Role::Public, control::PUBLICS),
    (Role::Admin, control::ADMINS),
    (Role::Credential, control::CREDENTIALS),
    (Role::Begin, dates::BEGINNINGS),
    (Role::End, dates::ENDS),
];

/// What a parameter of this name (in lower case, letters and digits only) is.
pub(super) fn roles(name: &str) -> &'static [Role] {
    static TABLE: OnceLock<HashMap<&str, Vec<Role>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: HashMap<&str, Vec<Role>> = HashMap::new();
        for (role, names) in NAMES {
            names.iter().for_each(|name| table.entry(name).or_default().push(*role));
        }
        table
    });
    table.get(name).map_or_else(|| roles_by_ending(name), Vec::as_slice)
}

/// What names end in that aren't in the table: `new_owner_email`, `callbackWebhookUrl`.
const ENDINGS: &[(&str, &[Role])] = &[
    ("email", &[Role::Recipient]),
    ("emails", &[Role::Recipient]),
    ("recipient", &[Role::Recipient, Role::Payee]),
    ("recipients", &[Role::Recipient, Role::Payee]),
    ("participants", &[Role::Recipient]),
    ("attendees", &[Role::Recipient]),
    ("webhook", &[Role::Url]),
    ("url", &[Role::Url]),
    ("uri", &[Role::Url]),
    ("endpoint", &[Role::Url]),
    ("hostname", &[Role::Url]),
    ("password", &[Role::Credential]),
    ("passphrase", &[Role::Credential]),
    ("iban", &[Role::Payee]),
    ("payee", &[Role::Payee]),
    ("beneficiary", &[Role::Payee]),
    ("filepath", &[Role::Path]),
    ("path", &[Role::Path]),
    ("filename", &[Role::Path]),
    ("command", &[Role::Command]),
    ("sql", &[Role::Sql]),
    ("branch", &[Role::Branch]),
];

fn roles_by_ending(name: &str) -> &'static [Role] {
    // `from_branch` is where something comes from.
    if name.starts_with("from") || name.starts_with("source") || name.starts_with("sender") {
        return &[];
    }
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, roles)| *roles).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_written_as_it_is_looked_up() {
        for (role, names) in NAMES {
            for name in *names {
                let is_plain = name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit());
                assert!(is_plain, "{role:?} {name}");
                assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{role:?} {name}");
            }
        }
    }
}
