//! The embedded database without a socket: the SDK's requests are answered in this process.

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig, http::HttpResponse,
        retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError, actions};
use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// Status and body of an answer.
pub type Reply = (u16, String);

/// Answers one request, given as operation and body; `None` if the answer is lost.
type Answer = dyn Fn(String, Value) -> BoxFuture<'static, Option<Reply>> + Send + Sync;

/// A client whose requests go to `answer`, once each and without a time limit.
#[must_use]
pub fn client(
    answer: impl Fn(String, Value) -> BoxFuture<'static, Option<Reply>> + Send + Sync + 'static,
) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url("http://database.invalid")
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(Connector(Arc::new(answer)))
        .build();
    Client::from_conf(config)
}

#[derive(Clone)]
struct Connector(Arc<Answer>);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let answer = self.0(operation, serde_json::from_slice(body).unwrap_or_default());
        HttpConnectorFuture::new(async move {
            let Some((status, text)) = answer.await else {
                let lost = std::io::Error::other("the answer was lost");
                return Err(ConnectorError::io(lost.into()));
            };
            let status = StatusCode::try_from(status).expect("a status of the database's");
            let mut response = HttpResponse::new(status, SdkBody::from(text));
            let headers = response.headers_mut();
            headers.insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        })
    }
}

/// Has the database do one operation, of those that the store asks for.
///
/// # Panics
/// If it is another operation, or the request is not what DynamoDB's API says.
#[must_use]
pub fn execute(db: &Database, operation: &str, body: &Value) -> Reply {
    match operation {
        "GetItem" => run(body, |r: actions::get_item::GetItemRequest| db.get_item(r)),
        "PutItem" => run(body, |r: actions::put_item::PutItemRequest| db.put_item(r)),
        "UpdateItem" => run(body, |r: actions::update_item::UpdateItemRequest| {
            db.update_item(r)
        }),
        "DeleteItem" => run(body, |r: actions::delete_item::DeleteItemRequest| {
            db.delete_item(r)
        }),
        "Query" => run(body, |r: actions::query::QueryRequest| db.query(r)),
        "Scan" => run(body, |r: actions::scan::ScanRequest| db.scan(r)),
        "BatchGetItem" => run(body, |r: actions::batch_get_item::BatchGetItemRequest| {
            db.batch_get_item(r)
        }),
        "BatchWriteItem" => run(
            body,
            |r: actions::batch_write_item::BatchWriteItemRequest| db.batch_write_item(r),
        ),
        "TransactWriteItems" => run(
            body,
            |r: actions::transact_write_items::TransactWriteItemsRequest| {
                db.transact_write_items(r)
            },
        ),
        "CreateTable" => run(body, |r: actions::create_table::CreateTableRequest| {
            db.create_table(r)
        }),
        "UpdateTimeToLive" => run(
            body,
            |r: actions::update_time_to_live::UpdateTimeToLiveRequest| db.update_time_to_live(r),
        ),
        other => panic!("the store sent {other}"),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &Value,
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Reply {
    let request = serde_json::from_value(body.clone()).expect("the SDK sends what it should");
    match operation(request) {
        Ok(answer) => (
            200,
            serde_json::to_string(&answer).expect("an answer is plain data"),
        ),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
