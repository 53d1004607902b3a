//! The carrier's end of an audio stream, frame by frame.

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use simulators::speech;
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{mpsc, watch},
    time::{interval, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Request, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Longest wait for anything that a stream is to receive.
const WITHIN: Duration = Duration::from_secs(15);

/// Orders waiting for the socket; a test gives a few dozen.
const ORDERS_MAX: usize = 512;

/// What the carrier received so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// Samples of all `playAudio` messages, in order.
    pub(crate) pcm: Vec<i16>,
    /// All texts that are not `playAudio`, in order.
    pub(crate) texts: Vec<String>,
    /// Samples received before the last of `texts`.
    pub(crate) samples_before_text: usize,
    /// The close code, if a close frame came.
    pub(crate) code: Option<u16>,
    /// Whether the connection is gone.
    pub(crate) is_gone: bool,
}

enum Order {
    Send(Message),
    Reset,
}

/// An open stream. Dropped, it is reset.
pub(crate) struct Stream {
    orders: mpsc::Sender<Order>,
    received: watch::Receiver<Received>,
    /// The sub-protocol that the relay chose.
    pub(crate) protocol: Option<String>,
}

/// Opens a stream; the error is the HTTP status that refused it.
pub(crate) async fn open(
    address: SocketAddr,
    target: &str,
    protocols: Option<&str>,
) -> Result<Stream, u16> {
    let mut request = format!("ws://{address}{target}")
        .into_client_request()
        .unwrap();
    if let Some(protocols) = protocols {
        let value = HeaderValue::from_str(protocols).unwrap();
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    let tcp = TcpStream::connect(address).await.unwrap();
    over(MaybeTlsStream::Plain(tcp), request).await
}

/// Opens a stream from another address of this machine.
pub(crate) async fn open_from(
    source: IpAddr,
    address: SocketAddr,
    target: &str,
) -> Result<Stream, u16> {
    let request = format!("ws://{address}{target}").into_client_request();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(source, 0)).unwrap();
    let tcp = socket.connect(address).await.unwrap();
    over(MaybeTlsStream::Plain(tcp), request.unwrap()).await
}

/// Opens a stream over a connection that stands.
pub(super) async fn over(
    connection: MaybeTlsStream<TcpStream>,
    request: Request<()>,
) -> Result<Stream, u16> {
    let (socket, reply) = match timeout(WITHIN, client_async(request, connection))
        .await
        .unwrap()
    {
        Ok(opened) => opened,
        Err(Error::Http(reply)) => return Err(reply.status().as_u16()),
        Err(error) => panic!("{error}"),
    };
    let protocol = reply.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let protocol = protocol.map(|value| value.to_str().unwrap().to_owned());
    let (orders, ordered) = mpsc::channel(ORDERS_MAX);
    let (sender, received) = watch::channel(Received::default());
    tokio::spawn(run(socket, ordered, sender));
    Ok(Stream {
        orders,
        received,
        protocol,
    })
}

async fn run(
    mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    mut orders: mpsc::Receiver<Order>,
    received: watch::Sender<Received>,
) {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Send(message)) => drop(socket.send(message).await),
                Some(Order::Reset) | None => {
                    let _ = tcp(socket.get_ref()).set_zero_linger();
                    break;
                }
            },
            message = socket.next() => match message {
                Some(Ok(message)) => received.send_modify(|received| note(received, &message)),
                Some(Err(_)) | None => break,
            },
        }
    }
    drop(socket);
    received.send_modify(|received| received.is_gone = true);
}

fn tcp(connection: &MaybeTlsStream<TcpStream>) -> &TcpStream {
    match connection {
        MaybeTlsStream::Plain(tcp) => tcp,
        MaybeTlsStream::Rustls(tls) => tls.get_ref().0,
        _ => unreachable!("built without other TLS libraries"),
    }
}

fn note(received: &mut Received, message: &Message) {
    if let Message::Close(frame) = message {
        received.code = frame.as_ref().map(|frame| frame.code.into());
    }
    let Message::Text(text) = message else {
        return;
    };
    let value: Value = serde_json::from_str(text).unwrap();
    if value["type"] == "playAudio" {
        assert_eq!(value["data"]["sampleRate"], 16_000);
        let audio = value["data"]["audioContent"].as_str().unwrap();
        let pcm = speech::from_bytes(&STANDARD.decode(audio).unwrap());
        received.pcm.extend(pcm.unwrap());
    } else {
        received.texts.push(text.to_string());
        received.samples_before_text = received.pcm.len();
    }
}

impl Stream {
    async fn order(&self, order: Order) {
        let _ = self.orders.send(order).await; // A stream that is gone takes no orders.
    }

    pub(crate) async fn text(&self, text: impl Into<String>) {
        self.order(Order::Send(Message::text(text.into()))).await;
    }

    pub(crate) async fn binary(&self, bytes: impl Into<Vec<u8>>) {
        self.order(Order::Send(Message::binary(bytes.into()))).await;
    }

    /// Sends audio in frames of 20 ms, all at once.
    pub(crate) async fn frames(&self, pcm: &[i16]) {
        for frame in speech::to_bytes(pcm).chunks(640) {
            self.binary(frame).await;
        }
    }

    /// Goes on sending silence in frames of 20 ms, as a carrier does while the call is up.
    pub(crate) fn stays_live(&self) {
        let orders = self.orders.downgrade();
        tokio::spawn(async move {
            let mut frames = interval(Duration::from_millis(20));
            loop {
                frames.tick().await;
                let Some(orders) = orders.upgrade() else {
                    return;
                };
                if orders
                    .send(Order::Send(Message::binary(vec![0; 640])))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
    }

    /// Says these frames, one after each pause.
    pub(crate) fn says(&self, frames: Vec<Vec<i16>>, each: Duration) {
        let orders = self.orders.downgrade();
        tokio::spawn(async move {
            let mut pauses = interval(each);
            for frame in frames {
                pauses.tick().await;
                let Some(orders) = orders.upgrade() else {
                    return;
                };
                let message = Message::binary(speech::to_bytes(&frame));
                if orders.send(Order::Send(message)).await.is_err() {
                    return;
                }
            }
        });
    }

    pub(crate) async fn close(&self) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        self.order(Order::Send(Message::Close(Some(frame)))).await;
    }

    pub(crate) async fn reset(&self) {
        self.order(Order::Reset).await;
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Received {
        self.received.borrow().clone()
    }

    /// Waits until what came is as wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Received) -> bool) -> Received {
        self.until_within(WITHIN, wanted).await
    }

    /// Waits for it longer, or less long, than usual.
    pub(crate) async fn until_within(
        &mut self,
        within: Duration,
        wanted: impl Fn(&Received) -> bool,
    ) -> Received {
        let reached = timeout(within, self.received.wait_for(|received| wanted(received)))
            .await
            .map(|received| received.map(|received| received.clone()));
        reached
            .unwrap_or_else(|_| panic!("not received: {}", describe(&self.received())))
            .unwrap_or_else(|_| panic!("the stream ended: {}", describe(&self.received())))
    }

    /// Waits for the end of the connection.
    pub(crate) async fn until_gone(&mut self) -> Received {
        self.until(|received| received.is_gone).await
    }
}

fn describe(received: &Received) -> String {
    let (samples, texts) = (received.pcm.len(), &received.texts);
    format!("{samples} samples, {texts:?}, close {:?}", received.code)
}
