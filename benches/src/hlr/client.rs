//! Serving nodes that ask for vectors, each over a connection of its own, with so many
//! requests on their way at one time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU8;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gsup::{Body, Config, Connection, Event, Header, Message, SendAuthInfoRequest};
use tokens::os::Monotonic;

use super::place::{SUBSCRIBERS, imsi};

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Client {
    nodes: Vec<Node>,
}

struct Node {
    stream: TcpStream,
    engine: Connection,
    ticks: Monotonic,
    window: u32,
    vectors: Option<NonZeroU8>,
    /// Whom it asks for next.
    next: u32,
}

impl Client {
    pub(super) fn connect(
        to: SocketAddr,
        connections: usize,
        window: usize,
        vectors: u8,
    ) -> Result<Self> {
        let window = u32::try_from(window)?;
        let nodes = (0..connections)
            .map(|number| Node::connect(to, number, window, NonZeroU8::new(vectors)))
            .collect::<Result<_>>()?;
        Ok(Self { nodes })
    }

    /// So many requests, shared among the connections, and how long they took.
    pub(super) fn ask(&mut self, requests: u32) -> Result<Duration> {
        let count = u32::try_from(self.nodes.len())?;
        let began = Instant::now();
        std::thread::scope(|scope| {
            let shares = (0..count).map(|number| (requests + number) / count);
            let asking: Vec<_> = self
                .nodes
                .iter_mut()
                .zip(shares)
                .map(|(node, share)| scope.spawn(move || node.ask(share)))
                .collect();
            for one in asking {
                one.join().ok().context("a node ended")??;
            }
            anyhow::Ok(())
        })?;
        Ok(began.elapsed())
    }
}

impl Node {
    fn connect(
        to: SocketAddr,
        number: usize,
        window: u32,
        vectors: Option<NonZeroU8>,
    ) -> Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let ticks = Monotonic::start();
        let name = format!("bench-{}-{number}", std::process::id()).parse()?;
        let mut node = Self {
            stream,
            engine: Connection::client(ticks.now(), Config::default(), name),
            ticks,
            window,
            vectors,
            next: u32::try_from(number)? * SUBSCRIBERS / 8,
        };
        match node.event()? {
            Event::Identified { .. } => Ok(node),
            _ => bail!("no handshake"),
        }
    }

    fn ask(&mut self, requests: u32) -> Result<()> {
        let (mut asked, mut answered) = (0, 0);
        while answered < requests {
            while asked < requests && asked - answered < self.window {
                let header = Header::new(imsi(self.next % SUBSCRIBERS).parse()?);
                self.next = self.next.wrapping_add(1);
                self.engine.send(&Message {
                    header,
                    body: Body::SendAuthInfoRequest(SendAuthInfoRequest {
                        vectors: self.vectors,
                        resync: None,
                        current_rat: None,
                    }),
                })?;
                asked += 1;
            }
            match self.event()? {
                Event::Message(message) => match message.body {
                    Body::SendAuthInfoResult(tuples) if Some(tuples.len()) == self.wanted() => {
                        answered += 1;
                    }
                    other => bail!("no vectors: {:?}", other.cause()),
                },
                Event::Closed { .. } => bail!("the HLR has closed"),
                _ => {}
            }
        }
        Ok(())
    }

    fn wanted(&self) -> Option<usize> {
        self.vectors.map(|count| usize::from(count.get()))
    }

    fn event(&mut self) -> Result<Event> {
        let mut chunk = [0; 16 * 1024];
        loop {
            let mut out = Vec::new();
            while let Some(octets) = self.engine.poll_transmit() {
                out.extend_from_slice(octets.expose());
            }
            self.stream.write_all(&out)?;
            if let Some(event) = self.engine.poll_event() {
                return Ok(event);
            }
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                bail!("the HLR has closed");
            }
            let octets = chunk.get(..count).unwrap_or_default();
            self.engine.handle_input(self.ticks.now(), octets);
        }
    }
}
