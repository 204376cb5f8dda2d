//! A device with ten leaves, which its server reads, and writes one of.

use anyhow::{Result, bail};
use clock::Tick;
use dm::auth::{Credentials, Nonces, Requirement};
use dm::client::{Config, Event, Session};
use dm::server::Request;
use dm::session::{Encoding, Received};
use dm::tree::{Acl, Node, Right, Tree, TreeLimits, Value};
use secret::SecretBytes;
use tokens::os::OsRandom;

use super::link::Way;

/// The server's address in messages.
pub(crate) const SERVER_URI: &str = "http://dm.rehome.test/dm";
/// The server's name in accounts.
pub(crate) const SERVER_ID: &str = "dm";

/// A device.
pub(crate) struct Device {
    pub(crate) uri: String,
    tree: Tree,
    nonces: Nonces,
    sessions: u32,
    encoding: Encoding,
}

/// The device's messages and the answers.
pub(crate) type Exchange = Vec<(Vec<u8>, Vec<u8>)>;

/// What both sides know.
pub(crate) fn secret(of: &str) -> SecretBytes {
    SecretBytes::new(format!("the secret of the {of}").into_bytes())
}

/// The server's, which is another one for each device.
pub(crate) fn server_secret(device: &str) -> SecretBytes {
    secret(&format!("server towards {device}"))
}

/// What the server wants in each session: one Get that gives ten leaves, and
/// one Replace.
pub(crate) fn wanted() -> [Request; 2] {
    let get = Request::Get {
        target: "./Vendor?list=StructData".to_owned(),
    };
    let replace = Request::Replace {
        target: "./Vendor/Leaf3".to_owned(),
        value: Value::text("another value"),
    };
    [get, replace]
}

impl Device {
    pub(crate) fn new(number: usize, encoding: Encoding) -> Result<Self> {
        let uri = format!("urn:imei:{:015}", 490_154_200_000_000 + number);
        let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
        tree.put("./DevInfo".parse()?, Node::interior().permanent())?;
        let info = [
            ("DevId", uri.as_str()),
            ("Man", "Acme"),
            ("Mod", "M1"),
            ("DmV", "1.2"),
            ("Lang", "en"),
        ];
        for (name, value) in info {
            let leaf = Node::leaf(Value::text(value)).permanent();
            tree.put(format!("./DevInfo/{name}").parse()?, leaf)?;
        }
        tree.put("./Vendor".parse()?, Node::interior())?;
        for number in 0..10 {
            let leaf = Node::leaf(Value::text("a value of some length"));
            tree.put(format!("./Vendor/Leaf{number}").parse()?, leaf)?;
        }
        Ok(Self {
            uri,
            tree,
            nonces: Nonces::default(),
            sessions: 0,
            encoding,
        })
    }

    fn session(&mut self) -> Result<Session> {
        self.sessions += 1;
        let mut config = Config::new(
            SERVER_ID.parse()?,
            SERVER_URI,
            self.uri.as_str(),
            self.sessions.to_string().as_str().into(),
            "./DevInfo".parse()?,
        );
        config.encoding = self.encoding;
        config.prove = Some(Credentials::md5("device", &secret("device"))?);
        let theirs = Credentials::md5(SERVER_ID, &server_secret(&self.uri))?;
        config.verify = Requirement::Credentials(theirs);
        config.challenge_alone = true;
        config.nonces = self.nonces.clone();
        let mut session = Session::new(config);
        session.start(&self.tree)?;
        Ok(session)
    }

    /// A whole session over a connection of its own.
    pub(crate) async fn talk(&mut self, way: &Way) -> Result<Exchange> {
        let mut session = self.session()?;
        let mut link = way.connect().await?;
        let mut exchange = Exchange::new();
        loop {
            self.take_events(&mut session)?;
            if session.is_over() {
                return Ok(exchange);
            }
            let Some(transmit) = session.poll_transmit(Tick::ZERO) else {
                bail!("the device has nothing to say");
            };
            let media_type = transmit.encoding.content_type();
            let answer = link.post(media_type, &transmit.octets).await?;
            let received = Received::read(transmit.encoding, &answer)?;
            session.handle_message(Tick::ZERO, &mut self.tree, &received, &mut OsRandom)?;
            exchange.push((transmit.octets, answer));
        }
    }

    fn take_events(&mut self, session: &mut Session) -> Result<()> {
        while let Some(event) = session.poll_event() {
            match event {
                Event::NoncesChanged(nonces) => self.nonces = nonces,
                Event::Aborted(reason) => bail!("a session ended as {}", reason.code()),
                _ => {}
            }
        }
        Ok(())
    }
}
