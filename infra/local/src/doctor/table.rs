//! The table: whether it is there, and has the keys, indexes and time to live that calls need.

use super::{Finding, WAIT};
use settings::Env;
use store::{CallStore, StoreConfig, StoreError};
use tokio::time::timeout;

const LOOK: &str = "table";

pub(super) async fn look(env: &Env, database: Option<&str>) -> Vec<Finding> {
    let Ok(StoreConfig { table, .. }) = StoreConfig::from_env(env) else {
        let remedy = "correct the settings first";
        return vec![Finding::unchecked(LOOK, "it is not known which", remedy)];
    };
    let lacks = async {
        let store = match database {
            Some(endpoint) => CallStore::local(endpoint, &table),
            None => CallStore::connect(&table).await,
        };
        store.lacks().await
    };
    vec![match timeout(WAIT, lacks).await {
        Ok(Ok(lacks)) if lacks.is_empty() => Finding::fine(
            LOOK,
            format!("{table} has its keys, indexes and time to live"),
        ),
        Ok(Ok(lacks)) => Finding::wrong(
            LOOK,
            format!("{table} lacks {}", lacks.join(", ")),
            "deploy infra/aws/template.yaml, which makes the table; a local one is made with TABLE_CREATE=true",
        ),
        Ok(Err(StoreError::Refused { code })) => Finding::wrong(
            LOOK,
            format!("the database answers {code} for {table}"),
            "set TABLE_NAME and the region to those of the table, and let this machine's credentials describe it",
        ),
        Ok(Err(StoreError::Unavailable { .. } | StoreError::Unreadable(_))) | Err(_) => {
            Finding::wrong(
                LOOK,
                "the database gives no answer",
                "give this machine credentials, a region and a way to DynamoDB (or AWS_ENDPOINT_URL_DYNAMODB)",
            )
        }
    }]
}
