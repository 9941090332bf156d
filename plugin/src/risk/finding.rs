//! What detectors observe: a closed list of codes, each with what it adds to a score.

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was observed.
    pub code: Code,
    /// The JSON pointer of the parameter; empty where it is about the action as a whole.
    pub pointer: String,
    /// Why, for a person; never the value.
    pub detail: String,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident: $code:literal, $weight:literal;)+) => {
        /// The closed list of observations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, as in rules, audit records and scenario files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The code of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.name() == name)
            }

            /// What it means, for a person.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// What it adds to a score, once, however often it is observed, where the operator says nothing else.
            #[must_use]
            pub const fn weight(self) -> u8 {
                match self { $(Self::$name => $weight,)+ }
            }
        }
    };
}

codes! {
    /// More rows than `limits.rows` are asked for.
    RowsOverLimit: "rows.over_limit", 50;
    /// All rows are asked for: `all`, a negative number, a wildcard; zero, where that is no limit to many servers.
    RowsUnbounded: "rows.unbounded", 50;
    /// An export that names no limit.
    RowsAbsent: "rows.absent", 10;
    /// A wildcard, or `all`, where something is named that is changed or taken out.
    RowsWildcard: "rows.wildcard", 45;
    /// More than a year, or from the beginning of time, is asked for.
    RowsDates: "rows.dates", 15;
    /// A host that data goes to is outside of `trusted_domains`.
    DestinationUntrusted: "destination.untrusted", 35;
    /// A page outside of `trusted_domains` is read.
    DestinationOutside: "destination.outside", 15;
    /// A message links to a host outside of `trusted_domains`: links carry data when they are opened or shown.
    DestinationLink: "destination.link", 25;
    /// Something that is written mentions a host outside of `trusted_domains`.
    DestinationMentioned: "destination.mentioned", 15;
    /// A bucket of a cloud's storage, which has a name but no domain.
    DestinationBucket: "destination.bucket", 10;
    /// A port other than those of HTTP.
    DestinationPort: "destination.port", 10;
    /// A recipient is outside of `trusted_domains`.
    RecipientUntrusted: "recipient.untrusted", 35;
    /// A recipient whom the others don't see.
    RecipientHidden: "recipient.hidden", 10;
    /// An address that reaches many: `all@`, `everyone@`, `@channel`.
    RecipientGroup: "recipient.group", 15;
    /// A phone number, of which `trusted_domains` can't say whose it is.
    RecipientPhone: "recipient.phone", 25;
    /// More recipients than `limits.recipients`.
    RecipientsOverLimit: "recipients.over_limit", 25;
    /// More money than `limits.amount`.
    MoneyOverLimit: "money.over_limit", 45;
    /// Another currency than that of `limits.amount`, so the bound says nothing.
    MoneyCurrency: "money.currency", 20;
    /// A negative amount: what looks like a payment takes money instead, or passes a bound from below.
    MoneyNegative: "money.negative", 30;
    /// An amount that can't be read as one number.
    MoneyUnreadable: "money.unreadable", 20;
    /// A transfer for which the operator has neither a bound nor a list of payees.
    MoneyUnbounded: "money.unbounded", 20;
    /// SQL that changes rows.
    SqlWrite: "sql.write", 20;
    /// SQL that changes or destroys every row: no condition, or one that always holds.
    SqlUnconditional: "sql.unconditional", 40;
    /// SQL that changes or destroys rows by a condition that names none: a range, a pattern, a negation.
    SqlBroad: "sql.broad", 40;
    /// SQL that deletes rows or drops or truncates a table.
    SqlDestroy: "sql.destroy", 60;
    /// SQL that puts something in the place of what was there: `MERGE`, `REPLACE`, `INSERT OVERWRITE`.
    SqlOverwrite: "sql.overwrite", 55;
    /// SQL that changes the schema.
    SqlSchema: "sql.schema", 60;
    /// SQL that changes who may what.
    SqlRights: "sql.rights", 60;
    /// SQL that moves data between the database and files or programs.
    SqlFiles: "sql.files", 60;
    /// SQL that runs a procedure or a block of code.
    SqlRun: "sql.run", 60;
    /// SQL that maintains, locks or stops the server.
    SqlMaintenance: "sql.maintenance", 55;
    /// SQL that reaches credentials, files, programs or the network of the server.
    SqlInternal: "sql.internal", 60;
    /// SQL that reads tables in which the server describes itself.
    SqlCatalog: "sql.catalog", 10;
    /// SQL that begins with no known word.
    SqlUnknown: "sql.unknown", 30;
    /// SQL that no known dialect's grammar understands, or that is too long to parse.
    SqlUnparsed: "sql.unparsed", 20;
    /// More than one statement in a text.
    SqlSeveral: "sql.several", 15;
    /// A `SELECT` of a whole table, without condition and limit.
    SqlUnbounded: "sql.unbounded", 15;
    /// A host inside of the network, this machine, or a metadata service.
    DestinationInternal: "destination.internal", 50;
    /// An address instead of a name.
    DestinationAddress: "destination.address", 10;
    /// An address in a notation that hides it.
    DestinationDisguised: "destination.disguised", 50;
    /// A name with letters outside of ASCII, which may look like another.
    DestinationLookAlike: "destination.look_alike", 20;
    /// A user name or password in a URL.
    DestinationCredentials: "destination.credentials", 25;
    /// A scheme other than HTTP's that reaches files or raw sockets.
    DestinationScheme: "destination.scheme", 50;
    /// A URL outside of `trusted_domains` that is long enough to carry data out.
    DestinationPayload: "destination.payload", 35;
    /// A path that climbs out of where it starts.
    PathTraversal: "path.traversal", 30;
    /// A file that holds credentials or keys.
    PathSensitive: "path.sensitive", 50;
    /// Writes a file that is run by itself: CI workflows, start-up files, hooks.
    PathStartup: "path.startup", 35;
    /// Writes below a directory of the system.
    PathSystem: "path.system", 25;
    /// A command that destroys.
    ShellDestructive: "shell.destructive", 40;
    /// A command that runs what it fetched or decoded.
    ShellPipe: "shell.pipe", 30;
    /// A command that talks to other machines.
    ShellNetwork: "shell.network", 25;
    /// A command that takes rights.
    ShellPrivilege: "shell.privilege", 25;
    /// Writes to a branch that others build on.
    BranchProtected: "branch.protected", 25;
    /// Acts on production.
    EnvironmentProduction: "environment.production", 40;
    /// Overrides a safeguard, or widens the action to all below.
    ForceRequested: "force.requested", 25;
    /// Gives a role that may do nearly everything.
    PermissionElevated: "permission.elevated", 30;
    /// Opens something to everybody.
    PermissionPublic: "permission.public", 35;
    /// Sets a password, a key or a second factor.
    PermissionCredentials: "permission.credentials", 25;
    /// A key or token leaves.
    SecretKey: "secret.key", 40;
    /// A private key leaves.
    SecretPrivateKey: "secret.private_key", 50;
    /// A signed token (JWT) leaves.
    SecretJwt: "secret.jwt", 40;
    /// Many e-mail addresses leave.
    PersonalEmails: "personal.emails", 25;
    /// A card number leaves.
    SecretCard: "secret.card", 30;
    /// Tells a model to ignore what it was told.
    InjectionInstructions: "injection.instructions", 35;
    /// Looks like a part of a conversation with a model.
    InjectionMarkup: "injection.markup", 25;
    /// Characters that aren't seen.
    InjectionHidden: "injection.hidden", 25;
    /// A payee who is not among `known_payees`.
    PayeeUnknown: "payee.unknown", 25;
    /// Something is bought, booked or moved, and the call names neither an amount nor a payee that could be compared.
    PayeeUnchecked: "payee.unchecked", 20;
}

/// More findings than a person reads; the worst are among the first, as each code is noted where it first occurs.
const MAX_FINDINGS: usize = 32;

/// What was observed so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Notes an observation. One more of a code that is there already is noted only while there is room.
    pub(super) fn add(&mut self, code: Code, pointer: &str, detail: impl Into<String>) {
        let is_new = !self.0.iter().any(|finding| finding.code == code);
        if is_new || self.0.len() < MAX_FINDINGS {
            self.0.push(Finding { code, pointer: pointer.to_owned(), detail: detail.into() });
        }
    }

    /// Notes an observation, unless the parameter has it already.
    pub(super) fn add_once(&mut self, code: Code, pointer: &str, detail: &str) {
        if !self.0.iter().any(|finding| finding.code == code && finding.pointer == pointer) {
            self.add(code, pointer, detail.trim());
        }
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }

    /// Leaves out what the operator doesn't want to hear of.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(Code) -> bool) {
        self.0.retain(|finding| is_wanted(finding.code));
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
