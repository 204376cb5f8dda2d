//! One GSUP connection over IPA as an engine without I/O: identity handshake,
//! heartbeat, messages. The handshake is that of OsmoHLR and libosmo-abis:
//!
//! ```text
//! server                       client
//!   | ---- ID_GET -------------> |
//!   | <--- ID_RESP (name) ------ |
//!   | <--- ID_ACK -------------- |   without it the server waits
//!   | ---- ID_ACK -------------> |
//! ```
//!
//! Pings are answered from the first octet on: a libosmocore client sends one
//! as soon as it is connected.

mod input;
mod transmit;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use clock::Tick;
use secret::SecretBytes;

use crate::ipa::{Control, FrameDecoder, IdTag, Identity, Stream, encode_frame};
use crate::{Cause, GsupError, Message, PeerName, Preamble};
use input::Input;
use transmit::TransmitQueue;

/// The limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The most octets in a frame's payload; 4,096 unless set. No GSUP message
    /// has more than 2,048.
    pub frame_limit: u16,
    /// From connecting to [`Event::Identified`]; 10 s unless set.
    pub handshake_timeout: Duration,
    /// From one answered ping to the next; 20 s unless set, as libosmocore's
    /// clients do.
    pub ping_interval: Duration,
    /// From a ping to its pong; 10 s unless set.
    pub pong_timeout: Duration,
    /// The most octets that wait to be polled and sent; 256 KiB unless set.
    pub transmit_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            frame_limit: 4096,
            handshake_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            pong_timeout: Duration::from_secs(10),
            transmit_limit: 256 * 1024,
        }
    }
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The handshake is done; messages can be sent.
    Identified {
        /// At a server, what the client calls itself. **Self-claimed**: good
        /// for routing and logs, no ground to grant anything. At a client,
        /// nothing: servers do not name themselves.
        name: Option<PeerName>,
    },
    /// A message came.
    Message(Message),
    /// A frame came that can't be used; the connection goes on.
    Refused {
        /// Why.
        error: GsupError,
        /// What [`Connection::refuse`] needs to answer, if it was a GSUP
        /// message with a readable IMSI.
        preamble: Option<Preamble>,
    },
    /// The connection is at its end; close the transport. The last event.
    Closed {
        /// Why.
        reason: GsupError,
    },
}

enum Role {
    Client(PeerName),
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Client: for the server to ask.
    AwaitsIdGet,
    /// Server: for the client to say its name.
    AwaitsIdResp,
    /// Both: for the other side's ID_ACK.
    AwaitsIdAck,
    /// Both: for the time of the next ping.
    AwaitsPingTime,
    /// Both: for the answer to a ping.
    AwaitsPong,
    Closed,
}

/// One connection, from TCP's connect or accept to its end.
///
/// After each call of `handle_input` or `handle_timeout`, poll events and
/// transmits until there are none, and the timeout once. What waits to be
/// sent is bounded by [`Config::transmit_limit`]; events are bounded by what
/// one call of `handle_input` was given.
pub struct Connection {
    role: Role,
    config: Config,
    state: State,
    deadline: Tick,
    peer_name: Option<PeerName>,
    decoder: FrameDecoder,
    transmit: TransmitQueue,
    events: VecDeque<Event>,
}

impl Connection {
    /// The side that connected, which calls itself `name`.
    #[must_use]
    pub fn client(now: Tick, config: Config, name: PeerName) -> Self {
        Self::new(now, config, Role::Client(name), State::AwaitsIdGet)
    }

    /// The side that accepted. It asks for the client's identity at once.
    #[must_use]
    pub fn server(now: Tick, config: Config) -> Self {
        let mut server = Self::new(now, config, Role::Server, State::AwaitsIdResp);
        if let Err(reason) = server.queue(&Control::IdGet(IdTag::ASKED.to_vec())) {
            server.close(reason);
        }
        server
    }

    fn new(now: Tick, config: Config, role: Role, state: State) -> Self {
        Self {
            role,
            config,
            state,
            deadline: now.plus(config.handshake_timeout),
            peer_name: None,
            decoder: FrameDecoder::new(config.frame_limit),
            transmit: TransmitQueue::new(config.transmit_limit),
            events: VecDeque::new(),
        }
    }

    /// At a server, what the client calls itself, once it said so.
    /// Self-claimed, see [`Event::Identified`].
    #[must_use]
    pub fn peer_name(&self) -> Option<&PeerName> {
        self.peer_name.as_ref()
    }

    /// Takes octets that were received, in pieces of any size.
    pub fn handle_input(&mut self, now: Tick, octets: &[u8]) {
        let mut rest = octets;
        while self.state != State::Closed {
            let input = match self.decoder.push(&mut rest) {
                Ok(Some(frame)) => Input::read(frame),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            if let Err(reason) = input.and_then(|input| self.handle(now, input)) {
                self.close(reason);
            }
        }
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`GsupError::NotIdentified`], [`GsupError::Closed`],
    /// [`GsupError::TransmitFull`], and those of [`Message::encode`]. The
    /// connection goes on.
    pub fn send(&mut self, message: &Message) -> Result<(), GsupError> {
        self.check_ready()?;
        self.queue_gsup(&message.encode()?)
    }

    /// Refuses a request that came as [`Event::Refused`], or one that the
    /// caller does not serve. Returns whether an answer was queued: only
    /// requests get one.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub fn refuse(&mut self, preamble: &Preamble, cause: Cause) -> Result<bool, GsupError> {
        self.check_ready()?;
        match preamble.refusal(cause)? {
            Some(refusal) => self.queue_gsup(&refusal).map(|()| true),
            None => Ok(false),
        }
    }

    /// The next octets to send.
    pub fn poll_transmit(&mut self) -> Option<SecretBytes> {
        self.transmit.pop()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Connection::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        (self.state != State::Closed).then_some(self.deadline)
    }

    /// Does what is due at `now`; nothing if it is called early.
    pub fn handle_timeout(&mut self, now: Tick) {
        if now < self.deadline {
            return;
        }
        let reason = match self.state {
            State::Closed => return,
            State::AwaitsIdGet | State::AwaitsIdResp | State::AwaitsIdAck => {
                GsupError::HandshakeTimeout
            }
            State::AwaitsPong => GsupError::PongTimeout,
            State::AwaitsPingTime => match self.queue(&Control::Ping) {
                Ok(()) => {
                    self.wait(State::AwaitsPong, now, self.config.pong_timeout);
                    return;
                }
                Err(reason) => reason,
            },
        };
        self.close(reason);
    }

    fn handle(&mut self, now: Tick, input: Input) -> Result<(), GsupError> {
        match input {
            Input::Control(control) => self.handle_control(now, control),
            Input::Foreign(error) => {
                self.refused(error, None);
                Ok(())
            }
            Input::Message(_) | Input::BadMessage(..) if !self.takes_messages() => {
                Err(GsupError::MessageBeforeIdentity)
            }
            Input::Message(message) => {
                self.events.push_back(Event::Message(message));
                Ok(())
            }
            Input::BadMessage(error, preamble) => {
                self.refused(error, preamble);
                Ok(())
            }
        }
    }

    fn handle_control(&mut self, now: Tick, control: Control) -> Result<(), GsupError> {
        let message_type = control.message_type();
        match (control, &self.role, self.state) {
            (Control::Ping, ..) => self.queue(&Control::Pong),
            (Control::Pong, _, State::AwaitsPong) => {
                self.wait(State::AwaitsPingTime, now, self.config.ping_interval);
                Ok(())
            }
            (Control::Pong, ..) => Ok(()),
            (Control::IdGet(asked), Role::Client(name), _) => {
                let identity = Identity::answer(name, &asked);
                self.identify(identity)
            }
            (Control::IdResp(identity), Role::Server, State::AwaitsIdResp) => {
                self.peer_name = Some(identity.name()?);
                self.state = State::AwaitsIdAck;
                Ok(())
            }
            (Control::IdAck, Role::Client(_), State::AwaitsIdAck) => {
                self.identified(now);
                Ok(())
            }
            (Control::IdAck, Role::Server, State::AwaitsIdAck) => {
                self.queue(&Control::IdAck)?;
                self.identified(now);
                Ok(())
            }
            // Two peers that acknowledge each acknowledgement never stop.
            (Control::IdAck, _, State::AwaitsPingTime | State::AwaitsPong) => Ok(()),
            (Control::IdNack, Role::Client(_), _) => Err(GsupError::IdentityRefused),
            _ => Err(GsupError::UnexpectedControl { message_type }),
        }
    }

    /// Client: says who we are. A server may ask again later.
    fn identify(&mut self, identity: Identity) -> Result<(), GsupError> {
        self.queue(&Control::IdResp(identity))?;
        self.queue(&Control::IdAck)?;
        if self.state == State::AwaitsIdGet {
            self.state = State::AwaitsIdAck;
        }
        Ok(())
    }

    fn identified(&mut self, now: Tick) {
        self.wait(State::AwaitsPingTime, now, self.config.ping_interval);
        self.events.push_back(Event::Identified {
            name: self.peer_name.clone(),
        });
    }

    /// A client takes messages once it has said its name: the server may use
    /// that name before its ID_ACK is out. A server waits for the ID_ACK.
    fn takes_messages(&self) -> bool {
        match self.state {
            State::AwaitsPingTime | State::AwaitsPong => true,
            State::AwaitsIdAck => matches!(self.role, Role::Client(_)),
            _ => false,
        }
    }

    fn check_ready(&self) -> Result<(), GsupError> {
        match self.state {
            State::AwaitsPingTime | State::AwaitsPong => Ok(()),
            State::Closed => Err(GsupError::Closed),
            _ => Err(GsupError::NotIdentified),
        }
    }

    fn wait(&mut self, state: State, now: Tick, duration: Duration) {
        self.state = state;
        self.deadline = now.plus(duration);
    }

    fn refused(&mut self, error: GsupError, preamble: Option<Preamble>) {
        self.events.push_back(Event::Refused { error, preamble });
    }

    fn queue_gsup(&mut self, payload: &SecretBytes) -> Result<(), GsupError> {
        let frame = encode_frame(Stream::Gsup, payload.expose())?;
        if self.transmit.push(frame) {
            Ok(())
        } else {
            Err(GsupError::TransmitFull)
        }
    }

    /// Queues a control message of our own; no room for it means that the
    /// peer does not read.
    fn queue(&mut self, control: &Control) -> Result<(), GsupError> {
        if self.transmit.push(control.encode()?) {
            Ok(())
        } else {
            Err(GsupError::TransmitOverflow)
        }
    }

    fn close(&mut self, reason: GsupError) {
        self.state = State::Closed;
        self.transmit.clear();
        self.events.push_back(Event::Closed { reason });
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state)
            .field("peer_name", &self.peer_name)
            .finish_non_exhaustive()
    }
}
