//! What the container agent of Amazon ECS tells and takes: which task this is, and scale-in protection.
//!
//! Source: Amazon ECS Developer Guide, "Task metadata endpoint version 4" and "Task scale-in
//! protection endpoint".

use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the agent may take to answer. It asks ECS itself, on our behalf.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where the container agent listens; ECS sets both in every task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsEndpoints {
    /// `ECS_AGENT_URI`.
    pub agent: String,
    /// `ECS_CONTAINER_METADATA_URI_V4`.
    pub metadata: String,
}

/// The task that this process runs in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Task {
    #[serde(rename = "TaskARN")]
    pub(crate) arn: String,
    /// Revision of the task definition: another one in each deployment that changes something.
    pub(crate) revision: String,
}

/// Why the container agent gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EcsError {
    #[error("the ECS agent cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// ECS itself said no, with a reason such as `TASK_NOT_VALID` or `AccessDeniedException`.
    #[error("the ECS agent answered {status}: {reason}")]
    Refused { status: StatusCode, reason: String },
}

/// A client of the container agent.
#[derive(Clone, Debug)]
pub(crate) struct Ecs {
    client: Client,
    endpoints: EcsEndpoints,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    protection_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_minutes: Option<u64>,
}

/// The answer: one of the three is there.
#[derive(Deserialize)]
struct Answer {
    protection: Option<Protected>,
    failure: Option<Failure>,
    error: Option<Error>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Protected {
    protection_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Error {
    code: String,
}

impl Ecs {
    /// Its certificate store is not needed: the agent speaks plain HTTP on a link-local address.
    pub(crate) fn new(endpoints: EcsEndpoints) -> Self {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build();
        Self {
            client: client.expect("a client without any option that can be wrong"),
            endpoints,
        }
    }

    /// Which task this is.
    pub(crate) async fn task(&self) -> Result<Task, EcsError> {
        let url = format!("{}/task", self.endpoints.metadata);
        let answer = self.client.get(url).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Keeps deployments and scaling from stopping this task for as long (whole minutes, 1 to 2,880).
    pub(crate) async fn protect(&self, lasts: Duration) -> Result<(), EcsError> {
        self.set(State {
            protection_enabled: true,
            expires_in_minutes: Some(lasts.as_secs() / 60),
        })
        .await
    }

    /// Gives this task free to be stopped.
    pub(crate) async fn release(&self) -> Result<(), EcsError> {
        self.set(State {
            protection_enabled: false,
            expires_in_minutes: None,
        })
        .await
    }

    async fn set(&self, state: State) -> Result<(), EcsError> {
        let url = format!("{}/task-protection/v1/state", self.endpoints.agent);
        let answer = self.client.put(url).json(&state).send().await?;
        let status = answer.status();
        let answer: Answer = answer.json().await?;
        let reason = match answer {
            Answer {
                protection: Some(protected),
                ..
            } if protected.protection_enabled == state.protection_enabled => return Ok(()),
            Answer {
                failure: Some(failure),
                ..
            } => failure.reason,
            Answer {
                error: Some(error), ..
            } => error.code,
            Answer { .. } => "another state than was asked for".to_owned(),
        };
        Err(EcsError::Refused { status, reason })
    }
}
