//! The table.

use super::Template;
use aws_sdk_dynamodb::types::{KeySchemaElement, Projection, TableDescription};
use local::database::Database;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{item, table::KEY_ATTRIBUTES};

fn schema(keys: &[KeySchemaElement]) -> Value {
    let keys = keys.iter().map(
        |key| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() }),
    );
    keys.collect()
}

fn projection(projection: Option<&Projection>) -> Value {
    json!({ "ProjectionType": projection.unwrap().projection_type().unwrap().as_str() })
}

/// What the code's own table looks like, in the words of the template.
fn described(table: &TableDescription) -> Value {
    let indexes = table.global_secondary_indexes().iter().map(|index| {
        let parts = json!({
            "IndexName": index.index_name().unwrap(),
            "KeySchema": schema(index.key_schema()),
            "Projection": projection(index.projection()),
        });
        (index.index_name().unwrap().to_owned(), parts)
    });
    let indexes: BTreeMap<_, _> = indexes.collect();
    json!({
        "KeySchema": schema(table.key_schema()),
        "GlobalSecondaryIndexes": indexes,
    })
}

fn written(table: &Value) -> Value {
    let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap().iter();
    let indexes = indexes.map(|index| (index["IndexName"].as_str().unwrap(), index));
    json!({
        "KeySchema": table["KeySchema"],
        "GlobalSecondaryIndexes": indexes.collect::<BTreeMap<_, _>>(),
    })
}

#[tokio::test]
async fn the_table_has_the_keys_and_indexes_that_the_code_creates() {
    let database = Database::start("127.0.0.1:0".parse().unwrap(), None)
        .await
        .unwrap();
    database.store("calls").await.unwrap();
    let client = client(&database.url());
    let created = client
        .describe_table()
        .table_name("calls")
        .send()
        .await
        .unwrap();

    let template = Template::read();
    let table = &template.resource("CallsTable")["Properties"];
    assert_eq!(
        written(table),
        described(created.table().unwrap()),
        "template left, code right"
    );
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
}

pub(crate) fn client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_dynamodb::config::Region::from_static("local"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
            "local", "local", None, None, "local",
        ))
        .endpoint_url(endpoint);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

#[test]
fn the_key_attributes_have_the_types_of_the_code() {
    let template = Template::read();
    let table = &template.resource("CallsTable")["Properties"];
    let written = super::pairs(
        &table["AttributeDefinitions"],
        "AttributeName",
        "AttributeType",
    );
    let written = written
        .iter()
        .map(|(name, kind)| (name.as_str(), kind.as_str().unwrap()));
    let written: BTreeSet<_> = written.collect();
    let code = KEY_ATTRIBUTES
        .iter()
        .map(|(name, kind)| (*name, kind.as_str()))
        .collect();
    super::same("key attributes", written, code);
}

#[test]
fn expired_items_leave_by_the_attribute_that_the_code_writes() {
    let template = Template::read();
    let table = &template.resource("CallsTable")["Properties"];
    let expected = json!({ "AttributeName": item::TTL, "Enabled": true });
    assert_eq!(table["TimeToLiveSpecification"], expected);
}

#[test]
fn calls_outlive_the_stack() {
    let template = Template::read();
    let table = template.resource("CallsTable");
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    assert_eq!(table["Properties"]["DeletionProtectionEnabled"], true);
    let recovery = &table["Properties"]["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
    let encryption = &table["Properties"]["SSESpecification"];
    let ours =
        json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Ref": "DataKey" } });
    assert_eq!(*encryption, ours);
}
