//! The socket of the HTTP API on this machine, where no gateway stands before it: cuts who sends
//! slowly, and leaves when it is told to, whoever hangs on.

use axum::{
    Router,
    body::Body,
    http::{
        HeaderValue, Request, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH},
    },
    response::Response,
};
use call::post_call::POST_CALL_REPORT_BYTES_MAX;
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

/// Longest wait for the whole head of a request (5 s).
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait for the whole body of a request after its head (5 s); who is slower gets 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Most bytes of a body that are read here; what the functions take is less or the same.
const BODY_BYTES_MAX: usize = POST_CALL_REPORT_BYTES_MAX + 1;

/// How long requests may go on after the stop (45 s): a dial and the writes after it.
const FINISH_MAX: Duration = Duration::from_secs(45);

/// How long the last answers may take to leave (1 s).
const LAST_WRITES_MAX: Duration = Duration::from_secs(1);

/// Pause when no connection can be accepted, because the process has no file descriptor left.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Serves until `stopped`, then finishes the requests that have come in whole.
pub(crate) async fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) {
    let busy = Arc::new(watch::Sender::new(0));
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop_of(stopped.clone()));
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    let (router, busy, stopped) = (router.clone(), busy.clone(), stopped.clone());
                    connections.spawn(connection(socket, router, busy, stopped));
                }
                Err(error) => {
                    tracing::error!(%error, "cannot accept");
                    sleep(LOOK_AGAIN).await;
                }
            },
        }
    }
    drop(listener);
    let mut running = busy.subscribe();
    let finished = running.wait_for(|running| *running == 0);
    let is_late = timeout(FINISH_MAX, finished).await.is_err();
    if is_late {
        tracing::error!(requests = *busy.borrow(), "left with requests running");
    }
    // Who has sent half a request, or reads no answer, keeps nobody.
    let gone = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(LAST_WRITES_MAX, gone).await;
}

async fn connection(
    socket: TcpStream,
    router: Router,
    busy: Arc<watch::Sender<usize>>,
    stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let (router, busy) = (router.clone(), busy.clone());
        async move { Ok::<_, Infallible>(answer(router, request, &busy).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let mut served = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let is_over = tokio::select! {
        _ = served.as_mut() => true,
        () = stop_of(stopped) => false,
    };
    if !is_over {
        served.as_mut().graceful_shutdown();
        let _ = served.await;
    }
}

/// Has a request answered whose body has come in whole.
async fn answer(
    router: Router,
    request: Request<Incoming>,
    busy: &watch::Sender<usize>,
) -> Response {
    let (parts, body) = request.into_parts();
    let length = parts.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let body = if length.is_some_and(|bytes: usize| bytes > BODY_BYTES_MAX) {
        // It is refused by its head alone.
        Body::new(body)
    } else {
        match timeout(BODY_TIMEOUT, Limited::new(body, BODY_BYTES_MAX).collect()).await {
            Ok(Ok(body)) => Body::from(body.to_bytes()),
            Ok(Err(_)) => return refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "too_slow"),
        }
    };
    let _running = Running::begin(busy);
    let Ok(answer) = router.oneshot(Request::from_parts(parts, body)).await;
    answer
}

/// Says why a request is not heard, and ends its connection.
fn refused(status: StatusCode, code: &'static str) -> Response {
    let mut answer = functions::problem(status, code, "the body did not come in whole");
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    answer
}

/// One request that is being answered.
struct Running<'a>(&'a watch::Sender<usize>);

impl<'a> Running<'a> {
    fn begin(busy: &'a watch::Sender<usize>) -> Self {
        busy.send_modify(|running| *running += 1);
        Self(busy)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

/// Ends when everything is to stop.
pub(crate) async fn stop_of(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
