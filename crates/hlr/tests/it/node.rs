//! A serving node over plain GSUP, one request after the other: the engine
//! `gsup::Connection` on a blocking socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU8;
use std::time::{Duration, Instant};

use clock::Tick;
use gsup::{
    AuthTuple, Body, Cause, Config, Connection, Event, Header, Message, Resync, SendAuthInfoRequest,
};

pub struct Node {
    stream: TcpStream,
    engine: Connection,
    began: Instant,
}

impl Node {
    pub fn connect(at: SocketAddr, name: &str) -> Self {
        let stream = TcpStream::connect(at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let engine = Connection::client(Tick::ZERO, Config::default(), name.parse().unwrap());
        let mut node = Self {
            stream,
            engine,
            began: Instant::now(),
        };
        while !matches!(node.event(), Event::Identified { .. }) {}
        node
    }

    fn flush(&mut self) {
        while let Some(octets) = self.engine.poll_transmit() {
            self.stream.write_all(octets.expose()).unwrap();
        }
    }

    fn event(&mut self) -> Event {
        loop {
            self.flush();
            if let Some(event) = self.engine.poll_event() {
                return event;
            }
            let mut chunk = [0; 4096];
            let count = self.stream.read(&mut chunk).unwrap();
            assert!(count > 0, "the HLR closed the connection");
            let now = Tick::from_origin(self.began.elapsed());
            self.engine.handle_input(now, &chunk[..count]);
        }
    }

    pub fn ask(&mut self, imsi: &str, body: Body) -> Body {
        let header = Header::new(imsi.parse().unwrap());
        self.engine.send(&Message { header, body }).unwrap();
        loop {
            let Event::Message(message) = self.event() else {
                panic!("no message");
            };
            let Body::InsertSubscriberDataRequest(_) = &message.body else {
                return message.body;
            };
            let body = Body::InsertSubscriberDataResult;
            let header = message.header.reply();
            self.engine.send(&Message { header, body }).unwrap();
        }
    }

    pub fn vector(&mut self, imsi: &str, resync: Option<Resync>) -> Result<AuthTuple, Cause> {
        let request = SendAuthInfoRequest {
            vectors: Some(NonZeroU8::MIN),
            resync,
            current_rat: None,
        };
        match self.ask(imsi, Body::SendAuthInfoRequest(request)) {
            Body::SendAuthInfoResult(mut tuples) => Ok(tuples.remove(0)),
            other => Err(other.cause().unwrap()),
        }
    }

    pub fn locate(&mut self, imsi: &str) -> Result<(), Cause> {
        match self.ask(imsi, Body::UpdateLocationRequest) {
            Body::UpdateLocationResult(_) => Ok(()),
            other => Err(other.cause().unwrap()),
        }
    }
}
