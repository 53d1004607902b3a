//! Requests to the collector, by the HTTP client that everything else uses too.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, ResponseBodyTooLarge};
use reqwest::{Client, redirect};
use std::time::Duration;

/// Longest answer of a collector's that is read (64 KiB). It should hold a number and a word.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Asks the collector, once each time.
#[derive(Debug)]
pub(crate) struct Collector(Client);

impl Collector {
    /// Sets up the client; a request and its answer take at most `timeout`.
    pub(crate) fn new(timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy() // It would see what calls there are.
            .timeout(timeout);
        Ok(Self(client.build()?))
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(ResponseBodyTooLarge::new().into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut read = Response::new(body.into());
        *read.status_mut() = answer.status();
        Ok(read)
    }
}
