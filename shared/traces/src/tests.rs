//! The queue before collectors that take nothing, on a paused clock.

use super::*;
use call::{CallRequest, Patient, Policy, ids::CallId};
use queue::WAITING_MAX;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep, timeout},
};

/// How long nothing comes when a request is over.
const QUIET: Duration = Duration::from_millis(50);

fn call() -> CallSession {
    let patient = Patient::new("राहुल शर्मा", "+911234567890".parse().unwrap());
    let request = CallRequest::new(CallId::from_bytes([7; 16]), patient);
    CallSession::create(&request, Timestamp::from_millis(0), &Policy::default()).next
}

fn tell(traces: &Traces, count: usize) {
    for _ in 0..count {
        let span = Span::of_call(&call(), "span", Timestamp::from_millis(0));
        traces.end(span, Timestamp::from_millis(1));
    }
}

/// Somebody who accepts connections and says nothing.
async fn silent() -> (Traces, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Some(format!("http://{}", listener.local_addr().unwrap()));
    (
        Traces::start(TracesConfig { endpoint }, "tests").unwrap(),
        listener,
    )
}

#[tokio::test]
async fn no_more_than_the_bound_waits_and_telling_never_does() {
    let (traces, _listener) = silent().await;
    let began = Instant::now();
    tell(&traces, 3 * WAITING_MAX);
    assert!(began.elapsed() < Duration::from_secs(2));
    let queue = traces.0.as_ref().unwrap();
    assert_eq!(queue.counts(), (WAITING_MAX, 2 * WAITING_MAX));
}

#[tokio::test]
async fn a_flush_waits_no_longer_than_it_may_and_the_next_one_not_at_all() {
    let (traces, _listener) = silent().await;
    tell(&traces, 1);
    let began = Instant::now();
    traces.flush(Duration::from_millis(200)).await;
    let first = began.elapsed();
    assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&first));
    tell(&traces, 1);
    let again = Instant::now();
    traces.flush(Duration::from_secs(60)).await;
    assert!(again.elapsed() < Duration::from_millis(100));
}

#[tokio::test]
async fn nothing_to_send_is_nothing_to_wait_for() {
    let (traces, listener) = silent().await;
    traces.flush(Duration::from_secs(60)).await;
    Traces::default().flush(Duration::from_secs(60)).await;
    tokio::select! {
        _ = listener.accept() => panic!("a collector was asked for nothing"),
        () = sleep(Duration::from_millis(100)) => {}
    }
}

/// Answers each request with this, and goes on so if it is to have no end. Counts them.
async fn answering(head: &'static str, is_endless: bool) -> (Traces, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Some(format!("http://{}", listener.local_addr().unwrap()));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            // All of it: to close on what was not read resets the connection.
            let mut read = [0; 4096];
            while timeout(QUIET, socket.read(&mut read))
                .await
                .is_ok_and(|read| read.unwrap() > 0)
            {}
            let mut said = socket.write_all(head.as_bytes()).await;
            while is_endless && said.is_ok() {
                said = socket.write_all(&[b'a'; 4096]).await;
            }
        }
    });
    let traces = Traces::start(TracesConfig { endpoint }, "tests").unwrap();
    (traces, asked)
}

#[tokio::test]
async fn a_collector_that_is_busy_puts_no_thread_to_sleep() {
    let (traces, asked) = answering(
        "HTTP/1.1 503 -\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
        false,
    )
    .await;
    tell(&traces, 1);
    let flushed = tokio::spawn(async move { traces.flush(Duration::from_secs(5)).await });
    while !flushed.is_finished() {
        let looked = Instant::now();
        sleep(Duration::from_millis(10)).await;
        assert!(looked.elapsed() < Duration::from_millis(500));
    }
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "the SDK sleeps between two tries"
    );
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let (traces, _) = answering("HTTP/1.1 200 -\r\n\r\n", true).await;
    tell(&traces, 1);
    let began = Instant::now();
    traces.flush(Duration::from_secs(10)).await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_clock_that_goes_back_lets_no_span_end_before_it_began() {
    let began = Timestamp::from_millis(2_000);
    let told = otlp::data(
        Span::of_call(&call(), "span", began),
        Timestamp::from_millis(1),
    );
    assert_eq!(told.start_time, told.end_time);
}
