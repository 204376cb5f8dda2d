//! The device's end of the radio: a modem that connects when it is asked to
//! attach, and says so when the connection is gone.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

use super::frame::{Down, Frame, RadioError, Up};
use super::wire::{Reader, send};

/// How long connecting, or sending a frame, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A device's radio.
pub struct RadioClient {
    station: SocketAddr,
    link: Option<Link>,
}

struct Link {
    reader: Reader,
    writer: OwnedWriteHalf,
}

/// What comes from the radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame.
    Frame(Down),
    /// The connection is gone, and the device with it out of the network.
    Lost,
}

impl RadioClient {
    /// A radio that is not connected yet.
    #[must_use]
    pub fn new(station: SocketAddr) -> Self {
        Self {
            station,
            link: None,
        }
    }

    /// Sends a frame; an Attach connects first where nothing is connected.
    ///
    /// # Errors
    /// [`RadioError::Timeout`], [`RadioError::Io`]; [`RadioError::OutOfTurn`]
    /// for anything but an Attach while nothing is connected.
    pub async fn send(&mut self, frame: &Up) -> Result<(), RadioError> {
        if self.link.is_none() {
            if !matches!(frame, Up::Attach { .. }) {
                return Err(RadioError::OutOfTurn);
            }
            let connecting = connect(self.station);
            let link = timeout(PATIENCE, connecting).await;
            self.link = Some(link.map_err(|_| RadioError::Timeout)??);
        }
        let Some(link) = &mut self.link else {
            return Err(RadioError::OutOfTurn);
        };
        let sent = timeout(PATIENCE, send(&mut link.writer, frame)).await;
        let sent = sent.unwrap_or(Err(RadioError::Timeout));
        if sent.is_err() {
            // A frame may be cut in the middle: the connection is of no use.
            self.link = None;
        }
        sent
    }

    /// Waits for the next frame; for ever while nothing is connected. May be
    /// dropped at any time. Whatever is wrong with the connection ends it.
    pub async fn receive(&mut self) -> Heard {
        let Some(link) = &mut self.link else {
            return std::future::pending().await;
        };
        match link.reader.next::<Down>().await {
            Ok(Some(frame)) => Heard::Frame(frame),
            Ok(None) | Err(_) => {
                self.link = None;
                Heard::Lost
            }
        }
    }
}

async fn connect(station: SocketAddr) -> Result<Link, RadioError> {
    let tcp = TcpStream::connect(station).await?;
    tcp.set_nodelay(true)?;
    let (reader, mut writer) = tcp.into_split();
    send(&mut writer, &Up::hello()).await?;
    Ok(Link {
        reader: Reader::new(reader),
        writer,
    })
}
