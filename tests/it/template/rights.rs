//! What each role may do.

use super::{Template, same};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What each role may do with the table, and with which of its indexes.
///
/// A transaction needs the rights of its parts; the opt-outs are checked when a call is created and
/// when its dial leaves. `status`, `replay`, `patients`, `sweep` and the relay query a call's partition, `list` a patient's, `opt_outs`
/// its list, and reads the do-not-disturb list's numbers in batches; the others know the keys of what they read. Who saves an answer writes
/// it into the call's row for reports too, who keeps a post-call report checks that its call exists.
/// `asked` compares the functions' rows with what they send; the relay's rest on reading its code.
const TABLE_RIGHTS: &[(&str, &str, &[&str])] = &[
    (
        "TriggerRole",
        "table",
        &[
            "GetItem",
            "ConditionCheckItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    (
        "StatusRole",
        "table",
        &["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
    ),
    ("ListRole", "table", &["GetItem", "BatchGetItem", "Query"]),
    ("ListRole", "index/active", &["Query"]),
    (
        "OptOutsRole",
        "table",
        &[
            "GetItem",
            "BatchGetItem",
            "Query",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    (
        "CampaignsRole",
        "table",
        &[
            "GetItem",
            "BatchGetItem",
            "Query",
            "ConditionCheckItem",
            "PutItem",
            "UpdateItem",
        ],
    ),
    ("CampaignsRole", "index/report", &["Query"]),
    (
        "ReplayRole",
        "table",
        &["GetItem", "Query", "PutItem", "UpdateItem"],
    ),
    ("ReplayRole", "index/due", &["Query"]),
    ("DiallingRole", "table", &["GetItem", "PutItem"]),
    (
        "ChannelsRole",
        "table",
        &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
    ),
    ("ChannelsRole", "index/active", &["Query"]),
    ("UnknownRole", "table", &["Query"]),
    (
        "WebhookRole",
        "table",
        &["GetItem", "PutItem", "UpdateItem", "DeleteItem"],
    ),
    (
        "PatientsRole",
        "table",
        &[
            "GetItem",
            "Query",
            "ConditionCheckItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    (
        "PostCallRole",
        "table",
        &["ConditionCheckItem", "PutItem", "UpdateItem"],
    ),
    ("McpRole", "table", &["GetItem", "PutItem", "UpdateItem"]),
    ("McpRole", "index/report", &["Query"]),
    ("AnalyticsRole", "index/report", &["Query"]),
    ("ExportRole", "index/report", &["Query"]),
    ("ToolsRole", "table", &["GetItem", "PutItem", "UpdateItem"]),
    (
        "SweepRole",
        "table",
        &[
            "GetItem",
            "BatchGetItem",
            "Query",
            "ConditionCheckItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    ("SweepRole", "index/active", &["Query"]),
    ("SweepRole", "index/due", &["Query"]),
    (
        "PageRole",
        "table",
        &[
            "GetItem",
            "BatchGetItem",
            "Query",
            "ConditionCheckItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    ("PageRole", "index/active", &["Query"]),
    ("PageRole", "index/report", &["Query"]),
    (
        "RelayTaskRole",
        "table",
        &[
            "GetItem",
            "BatchGetItem",
            "Query",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
        ],
    ),
    ("RelayTaskRole", "index/active", &["Query"]),
];

/// What roles may do beside that.
const OTHER_RIGHTS: [&str; 12] = [
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "ecs:GetTaskProtection",
    "ecs:UpdateTaskProtection",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
];

fn list(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or_else(|| vec![value], |values| values.iter().collect())
}

/// Role, resource and action of everything that any role allows.
pub(super) fn allowed(template: &Template) -> Vec<(String, Value, String)> {
    let mut all = Vec::new();
    for (id, role) in template.all("AWS::IAM::Role") {
        assert!(
            role["ManagedPolicyArns"].is_null(),
            "{id} takes rights from elsewhere"
        );
        for policy in list(&role["Policies"]) {
            for statement in list(&policy["PolicyDocument"]["Statement"]) {
                assert_eq!(statement["Effect"], "Allow");
                for action in list(&statement["Action"]) {
                    for resource in list(&statement["Resource"]) {
                        let action = action.as_str().unwrap().to_owned();
                        all.push((id.to_owned(), resource.clone(), action));
                    }
                }
            }
        }
    }
    all
}

/// `table`, or `index/…`.
pub(super) fn part_of_the_table(resource: &Value) -> String {
    if resource["Fn::GetAtt"][0] == "CallsTable" {
        return "table".to_owned();
    }
    let path = resource["Fn::Sub"].as_str().unwrap_or_default();
    let path = path.strip_prefix("${CallsTable.Arn}/");
    path.unwrap_or_else(|| panic!("{resource} is not the table"))
        .to_owned()
}

#[test]
fn each_role_may_do_with_the_table_what_its_code_does() {
    let template = Template::read();
    let written = allowed(&template)
        .into_iter()
        .filter_map(|(role, resource, action)| {
            let action = action.strip_prefix("dynamodb:")?.to_owned();
            Some((role, part_of_the_table(&resource), action))
        });
    let code = TABLE_RIGHTS.iter().flat_map(|(role, part, actions)| {
        let owned = |action: &&str| ((*role).to_owned(), (*part).to_owned(), (*action).to_owned());
        actions.iter().map(owned)
    });
    same("rights to the table", written.collect(), code.collect());
}

/// What each role may do with recordings: a relay writes them, and can neither read nor erase one; who lets
/// people listen cannot change any; the sweep erases what it cannot hear.
const RECORDING_RIGHTS: [(&str, &str, &str); 7] = [
    ("PageRole", "all", "ListBucket"),
    ("PageRole", "each", "GetObject"),
    ("RelayTaskRole", "each", "PutObject"),
    ("StatusRole", "all", "ListBucket"),
    ("StatusRole", "each", "GetObject"),
    ("SweepRole", "all", "ListBucket"),
    ("SweepRole", "each", "DeleteObject"),
];

#[test]
fn each_role_may_do_with_recordings_what_its_code_does() {
    let template = Template::read();
    let written = allowed(&template)
        .into_iter()
        .filter_map(|(role, resource, action)| {
            let action = action.strip_prefix("s3:")?.to_owned();
            let part = if resource["Fn::GetAtt"][0] == "RecordingsBucket" {
                "all"
            } else {
                assert_eq!(resource["Fn::Sub"], "${RecordingsBucket.Arn}/*");
                "each"
            };
            Some((role, part, action))
        });
    let code =
        RECORDING_RIGHTS.map(|(role, part, action)| (role.to_owned(), part, action.to_owned()));
    same(
        "rights to recordings",
        written.collect(),
        BTreeSet::from(code),
    );
}

#[test]
fn recordings_are_closed_to_the_world_and_go_when_the_data_goes() {
    let template = Template::read();
    let bucket = &template.resource("RecordingsBucket")["Properties"];
    let closed = bucket["PublicAccessBlockConfiguration"]
        .as_object()
        .unwrap();
    assert_eq!(closed.len(), 4);
    assert!(closed.values().all(|is_closed| *is_closed == true));
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    let algorithm = &encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"];
    assert_eq!(algorithm, "AES256");
    let rules = bucket["LifecycleConfiguration"]["Rules"]
        .as_array()
        .unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["Status"], "Enabled");
    assert_eq!(rules[0]["ExpirationInDays"]["Ref"], "RetentionDays");
    assert!(bucket["VersioningConfiguration"].is_null());
    let policy = &template.resource("RecordingsPolicy")["Properties"]["PolicyDocument"];
    let deny = &policy["Statement"][0];
    assert_eq!(
        (&deny["Effect"], &deny["Principal"]),
        (&"Deny".into(), &"*".into())
    );
    assert_eq!(deny["Condition"]["Bool"]["aws:SecureTransport"], "false");
}

#[test]
fn no_role_may_do_anything_else() {
    let template = Template::read();
    let all = allowed(&template).into_iter().map(|(_, _, action)| action);
    let others = all.filter(|action| !action.starts_with("dynamodb:"));
    let expected = OTHER_RIGHTS.map(str::to_owned);
    same("other rights", others.collect(), BTreeSet::from(expected));
}

#[test]
fn rights_name_their_resource() {
    for (role, resource, action) in allowed(&Template::read()) {
        let is_exempt = action == "ecr:GetAuthorizationToken";
        assert!(
            is_exempt || resource != "*",
            "{role} may {action} on everything"
        );
    }
}

#[test]
fn each_function_has_its_own_role_and_log() {
    let template = Template::read();
    let mut used = BTreeMap::new();
    for (id, function) in template.all("AWS::Serverless::Function") {
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        let log = function["LoggingConfig"]["LogGroup"]["Ref"]
            .as_str()
            .unwrap();
        assert_eq!(used.insert(role, id), None, "{role} is shared");
        let writes = allowed(&template)
            .into_iter()
            .any(|(owner, resource, action)| {
                owner == role && action == "logs:PutLogEvents" && resource["Fn::GetAtt"][0] == log
            });
        assert!(writes, "{id} may not write its log {log}");
        let retention = &template.resource(log)["Properties"]["RetentionInDays"];
        assert!(!retention.is_null(), "{log} is kept for ever");
    }
}
