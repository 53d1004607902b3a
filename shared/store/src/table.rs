//! The table itself.

use super::{call_store::CallStore, error::StoreError, item};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TimeToLiveSpecification,
    TimeToLiveStatus,
};

impl CallStore {
    /// Creates the table with its indexes and TTL unless it exists. For local databases; on AWS
    /// the template does this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ensure_table(&self) -> Result<(), StoreError> {
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes()))
            .set_key_schema(Some(schema(item::PK, item::SK)))
            .global_secondary_indexes(index(
                item::DUE_INDEX,
                item::DUE_SHARD,
                item::DUE_AT,
                ProjectionType::KeysOnly,
            ))
            .global_secondary_indexes(index(
                item::ACTIVE_INDEX,
                item::ACTIVE_SHARD,
                item::ACTIVE_SORT,
                ProjectionType::KeysOnly,
            ))
            .global_secondary_indexes(index(
                item::REPORT_INDEX,
                item::REPORT_DAY,
                item::REPORT_SORT,
                ProjectionType::All,
            ))
            .send()
            .await;
        match created {
            Ok(_) => self.enable_ttl().await,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_resource_in_use_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn enable_ttl(&self) -> Result<(), StoreError> {
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(item::TTL);
        self.client
            .update_time_to_live()
            .table_name(&self.table)
            .time_to_live_specification(ttl.build().expect("both fields are set"))
            .send()
            .await?;
        Ok(())
    }

    /// What the table lacks of what is stored in it, in words; nothing if it is as it should be.
    ///
    /// # Errors
    /// [`StoreError`] if it is missing or unreachable.
    pub async fn lacks(&self) -> Result<Vec<String>, StoreError> {
        let described = self.client.describe_table().table_name(&self.table);
        let described = described.send().await?;
        let table = described.table();
        let keys = table.map_or(&[][..], TableDescription::key_schema);
        let mut lacks = Vec::new();
        if names(keys) != [item::PK, item::SK] {
            lacks.push(format!("the keys {} and {}", item::PK, item::SK));
        }
        let indexes = table.map_or(&[][..], TableDescription::global_secondary_indexes);
        for (name, partition, sort) in INDEXES {
            let found = indexes
                .iter()
                .find(|index| index.index_name() == Some(name));
            if found.is_none_or(|index| names(index.key_schema()) != [partition, sort]) {
                lacks.push(format!("the index {name} of {partition} and {sort}"));
            }
        }
        let ttl = self.client.describe_time_to_live().table_name(&self.table);
        let ttl = ttl.send().await?;
        let ttl = ttl.time_to_live_description();
        let attribute = ttl.filter(|ttl| {
            matches!(
                ttl.time_to_live_status(),
                Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
            )
        });
        if attribute.and_then(|ttl| ttl.attribute_name()) != Some(item::TTL) {
            lacks.push(format!("time to live by {}", item::TTL));
        }
        Ok(lacks)
    }

    /// Asks DynamoDB whether the table is there and answers, for readiness checks.
    ///
    /// # Errors
    /// [`StoreError`] if it is missing or unreachable.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(item::CHANNELS, item::COUNTER)))
            .send()
            .await?;
        Ok(())
    }
}

/// The indexes, each with its keys.
const INDEXES: [(&str, &str, &str); 3] = [
    (item::DUE_INDEX, item::DUE_SHARD, item::DUE_AT),
    (item::ACTIVE_INDEX, item::ACTIVE_SHARD, item::ACTIVE_SORT),
    (item::REPORT_INDEX, item::REPORT_DAY, item::REPORT_SORT),
];

/// The attributes of a key, the partition's first.
fn names(schema: &[KeySchemaElement]) -> Vec<&str> {
    let mut schema: Vec<_> = schema.iter().collect();
    schema.sort_by_key(|element| element.key_type() != &KeyType::Hash);
    let names = schema.into_iter().map(KeySchemaElement::attribute_name);
    names.collect()
}

/// Key attributes of the table and its indexes, with their types.
pub const KEY_ATTRIBUTES: [(&str, ScalarAttributeType); 8] = [
    (item::PK, ScalarAttributeType::S),
    (item::SK, ScalarAttributeType::S),
    (item::DUE_SHARD, ScalarAttributeType::S),
    (item::DUE_AT, ScalarAttributeType::N),
    (item::ACTIVE_SHARD, ScalarAttributeType::S),
    (item::ACTIVE_SORT, ScalarAttributeType::S),
    (item::REPORT_DAY, ScalarAttributeType::S),
    (item::REPORT_SORT, ScalarAttributeType::S),
];

fn attributes() -> Vec<AttributeDefinition> {
    KEY_ATTRIBUTES
        .into_iter()
        .map(|(name, kind)| {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(kind);
            attribute.build().expect("name and type are set")
        })
        .collect()
}

fn schema(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            let element = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind);
            element.build().expect("name and type are set")
        })
        .collect()
}

/// Who acts on what an index says loads the item anyway, because an index may be stale: keys are
/// enough. Reports only show what they read.
fn index(name: &str, partition: &str, sort: &str, holds: ProjectionType) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(holds).build();
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(schema(partition, sort)))
        .projection(projection)
        .build()
        .expect("name and schema are set")
}
