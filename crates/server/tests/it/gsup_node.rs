//! A serving node by hand: a GSUP client over TCP or TLS that says what the test
//! wants, and calls itself what it likes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clock::Tick;
use gsup::{Body, Config, Connection, Event, Header, Message};
use secret::SecretBytes;
use server::{OperatorVerifier, PeerBook, RegisteredPeer, Serves};
use tls::{ClientConfig, Credentials, Profile};
use tokens::os::Monotonic;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};

use crate::world::{World, domain};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub struct Node {
    stream: Box<dyn Stream>,
    engine: Connection,
    ticks: Monotonic,
}

impl Node {
    /// From an address of loopback. `None` when the server closes before it has
    /// let us in.
    pub async fn plain(from: Ipv4Addr, to: SocketAddr, name: &str) -> Option<Self> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let tcp = socket.connect(to).await.unwrap();
        Self::identify(Box::new(tcp), name).await
    }

    /// With the leaf of `who`, to the HLR of `to`.
    pub async fn tls(world: &World, who: &str, to: &str, name: &str) -> Option<Self> {
        let identity = &world.identities[who];
        let own = Credentials::new(&identity.leaf, &[], identity.key.clone()).unwrap();
        let host = format!("hlr.{}", domain(to));
        let peer = RegisteredPeer {
            host: host.clone(),
            gsup: None,
            serves: Serves::default(),
            peer: provisioning::peer::Peer {
                anchor: world.anchors[to].clone(),
                domains: vec![domain(to)],
            },
        };
        let verifier = Arc::new(OperatorVerifier::new(PeerBook::new([peer]).unwrap()));
        let config = ClientConfig::new(Profile::ThreeGpp, Some(&own), verifier).unwrap();
        let tcp = TcpStream::connect(world.operators[to].gsup_address())
            .await
            .unwrap();
        let stream = tls::connect(&config, tcp, &host, Instant::now() + PATIENCE).await;
        Self::identify(Box::new(stream.ok()?), name).await
    }

    async fn identify(stream: Box<dyn Stream>, name: &str) -> Option<Self> {
        let name = name.parse().unwrap();
        let mut node = Self {
            stream,
            engine: Connection::client(Tick::ZERO, Config::default(), name),
            ticks: Monotonic::start(),
        };
        match node.event().await? {
            Event::Identified { .. } => Some(node),
            other => panic!("{other:?} instead of the handshake's end"),
        }
    }

    /// What comes next, or nothing when the server has closed.
    async fn event(&mut self) -> Option<Event> {
        let mut chunk = [0; 4096];
        // For the whole of it: pings alone must not keep a test waiting.
        let end = Instant::now() + PATIENCE;
        loop {
            while let Some(octets) = self.engine.poll_transmit() {
                self.stream.write_all(octets.expose()).await.ok()?;
            }
            if let Some(event) = self.engine.poll_event() {
                return Some(event);
            }
            let read = timeout_at(end, self.stream.read(&mut chunk)).await;
            let count = read.expect("the server answers or closes").unwrap_or(0);
            if count == 0 {
                return None;
            }
            self.engine.handle_input(self.ticks.now(), &chunk[..count]);
        }
    }

    pub async fn send(&mut self, message: &Message) {
        self.engine.send(message).unwrap();
        while let Some(octets) = self.engine.poll_transmit() {
            self.stream.write_all(octets.expose()).await.unwrap();
        }
    }

    /// A frame that the engine would not make.
    pub async fn send_frame(&mut self, frame: &SecretBytes) {
        self.stream.write_all(frame.expose()).await.unwrap();
    }

    /// An error message to a request that our own messages do not know: its type
    /// and its cause. Read by hand, as the decoder knows no such type.
    pub async fn receive_refusal(&mut self) -> (u8, u8) {
        let mut frame = [0; 4 + 1 + 10 + 3];
        let read = timeout(PATIENCE, self.stream.read_exact(&mut frame)).await;
        read.expect("the server answers").unwrap();
        assert_eq!(frame[..4], [0, 15, 0xee, 5]);
        assert_eq!(frame[15..17], [2, 1], "the cause");
        (frame[4], frame[17])
    }

    /// The next message.
    pub async fn receive(&mut self) -> Message {
        match self.event().await {
            Some(Event::Message(message)) => message,
            other => panic!("{other:?} instead of a message"),
        }
    }

    /// Asks, lets the server insert subscriber data, and has the answer.
    pub async fn ask(&mut self, imsi: &str, body: Body) -> Body {
        let header = Header::new(imsi.parse().unwrap());
        self.send(&Message { header, body }).await;
        loop {
            let answer = self.receive().await;
            if !matches!(answer.body, Body::InsertSubscriberDataRequest(_)) {
                return answer.body;
            }
            let reply = Message {
                header: answer.header.reply(),
                body: Body::InsertSubscriberDataResult,
            };
            self.send(&reply).await;
        }
    }
}
