//! The dial client against a server that answers raw HTTP.

mod answers;
mod call_log;
mod requests;

use super::*;
use crate::KnowlarityConfig;
use call::{
    Hindrance, RefusalReason,
    ids::{CallId, CarrierCallId},
};
use settings::Env;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does once it has read the request.
#[derive(Clone, Copy)]
enum Reply {
    Raw(&'static str),
    Silence,
    Reset,
}

struct Server {
    address: std::net::SocketAddr,
    requests: Arc<AtomicU32>,
    last: Arc<tokio::sync::Mutex<String>>,
}

async fn serve(reply: Reply) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicU32::new(0));
    let last = Arc::new(tokio::sync::Mutex::new(String::new()));
    let (count, seen) = (requests.clone(), last.clone());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            *seen.lock().await = read_request(&mut socket).await;
            match reply {
                Reply::Raw(text) => drop(socket.write_all(text.as_bytes()).await),
                Reply::Silence => std::future::pending().await,
                Reply::Reset => drop(socket),
            }
        }
    });
    Server {
        address,
        requests,
        last,
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = socket.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..read]);
        let all = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = all.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:")
                .map(|n| n.trim().parse::<usize>().unwrap())
        });
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return all;
        }
    }
}

fn client(address: std::net::SocketAddr, extra: &'static [(&str, &str)]) -> Knowlarity {
    client_at(format!("http://{address}"), extra)
}

fn client_at(url: String, extra: &'static [(&str, &str)]) -> Knowlarity {
    let env = Env::from_reader(move |name| {
        let given = extra.iter().find(|(known, _)| *known == name);
        given.map(|(_, value)| (*value).to_owned()).or_else(|| {
            Some(match name {
                "KNOWLARITY_API_URL" => url.clone(),
                "KNOWLARITY_API_KEY" => "sr-key".to_owned(),
                "KNOWLARITY_APPLICATION_KEY" => "application-key".to_owned(),
                "KNOWLARITY_CALLER_ID" => "+911234567890".to_owned(),
                "SERVER_WEBSOCKET_URL" => "wss://relay.example.com/knowlarity-stream".to_owned(),
                "DIAL_TIMEOUT" => "300ms".to_owned(),
                _ => return None,
            })
        })
    });
    Knowlarity::new(KnowlarityConfig::from_env(&env).unwrap()).unwrap()
}

fn request() -> DialRequest {
    DialRequest {
        call_id: CallId::from_bytes([7; 16]),
        attempt: 2,
        to: "+911234567891".parse().unwrap(),
        caller: None,
        is_promotional: false,
        token: "the-token".to_owned(),
    }
}

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
    {\"success\":{\"status\":\"success\",\"message\":\"Call successfully placed\",\"call_id\":\"c9\"}}";
