//! Members that a reader of ProtoJSON takes for one of the protocol's.
//!
//! A parser of ProtoJSON accepts a field by its name in JSON (`taskId`) and by the one in the schema (`task_id`); others
//! ignore case. Two members for one field, or one that we would not look for, is how a message shows each reader another
//! task, part or URL.

use crate::json::{Kind, Value};
use crate::reason::{Reason, Refusal};

/// The fields of what clients send: `SendMessageRequest`, `Message`, `Part`, `SendMessageConfiguration`,
/// `TaskPushNotificationConfig`, `AuthenticationInfo` and the requests about tasks, 1.0 and 0.3.
const FIELDS: [&str; 46] = [
    "acceptedOutputModes",
    "authentication",
    "blocking",
    "bytes",
    "config",
    "configuration",
    "contextId",
    "credentials",
    "data",
    "extensions",
    "file",
    "fileWithBytes",
    "fileWithUri",
    "filename",
    "historyLength",
    "id",
    "includeArtifacts",
    "kind",
    "lastUpdatedAfter",
    "mediaType",
    "message",
    "messageId",
    "metadata",
    "mimeType",
    "name",
    "pageSize",
    "pageToken",
    "parts",
    "pushNotification",
    "pushNotificationConfig",
    "pushNotificationConfigId",
    "raw",
    "referenceTaskIds",
    "returnImmediately",
    "role",
    "scheme",
    "schemes",
    "status",
    "statusTimestampAfter",
    "taskId",
    "taskPushNotificationConfig",
    "tenant",
    "text",
    "token",
    "uri",
    "url",
];

/// Members whose value is anybody's: no field of the protocol is below them.
const FREE: [&str; 2] = ["data", "metadata"];

/// Every member is a field under its name in JSON, or none under any name.
pub(super) fn check(root: Value<'_>) -> Result<(), Refusal> {
    let mut left = vec![root];
    while let Some(value) = left.pop() {
        match value.kind() {
            Kind::Object => {
                for (name, member) in value.members() {
                    if FREE.contains(&&*name) {
                        continue;
                    }
                    if !FIELDS.contains(&&*name) && is_variant(&name) {
                        let detail = "a member differs from one of A2A's only in its case or underscores";
                        return Err(Refusal::new(Reason::RpcParams, detail));
                    }
                    left.push(member);
                }
            }
            Kind::Array => left.extend(value.elements()),
            _ => {}
        }
    }
    Ok(())
}

fn is_variant(name: &str) -> bool {
    let bare = name.replace(['_', '-'], "");
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(&bare))
}
