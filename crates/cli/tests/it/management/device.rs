//! A device for the tests: the client engine, a tree, and HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::Tick;
use dm::Error;
use dm::auth::{Credentials, Nonces, Requirement};
use dm::client::{Config, Event, Session};
use dm::session::{Encoding, Received};
use dm::tree::{
    Acl, Executed, Execution, ManagementObject, Node, ObjectNode, Right, Rights, ServerId, Tree,
    TreeLimits, Value,
};
use secret::SecretBytes;
use tokens::os::OsRandom;

/// The Target LocURI of the tests' server, wherever it listens.
pub(crate) const SERVER: &str = "https://dm.rehome.test/dm";

/// What a server answered on HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

/// Posts to a server.
pub(crate) fn post(url: &str, content_type: &str, body: &[u8]) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let mut answer = agent
        .post(url)
        .header("content-type", content_type)
        .send(body)
        .unwrap();
    let content_type = answer.headers().get("content-type");
    Answer {
        status: answer.status().as_u16(),
        content_type: content_type.map_or(String::new(), |v| v.to_str().unwrap().to_owned()),
        body: answer.body_mut().read_to_vec().unwrap(),
    }
}

/// How often a process ran.
struct Process(Arc<Mutex<u32>>);

impl ManagementObject for Process {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        (path == ["Run"]).then(|| ObjectNode {
            interior: false,
            acl: Some(Acl::everybody(&Right::ALL)),
            access: Rights::of(&[Right::Exec]),
        })
    }

    fn children(&self, _: &[&str]) -> Vec<String> {
        vec!["Run".to_owned()]
    }

    fn exec(&mut self, _: &[&str], _: &Execution) -> Result<Executed, Error> {
        *self.0.lock().unwrap() += 1;
        Ok(Executed::Done)
    }
}

pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) session_id: String,
    pub(crate) tree: Tree,
    pub(crate) ran: Arc<Mutex<u32>>,
    /// What somebody else does before the device posts a message to the URL.
    pub(crate) before_post: Option<fn(&str, &[u8])>,
    /// The message with this number leaves without its credentials.
    pub(crate) bare: Option<usize>,
    url: String,
    prove: Credentials,
    verify: Requirement,
    nonces: Nonces,
    sessions: u32,
}

/// How a session went.
pub(crate) struct Went {
    pub(crate) finished: bool,
    pub(crate) server_proved: bool,
    /// Targets of the commands that were carried out, in order.
    pub(crate) executed: Vec<String>,
    /// What the server answered, message by message.
    pub(crate) answers: Vec<Vec<u8>>,
}

pub(crate) fn md5(user: &str, secret: &str) -> Credentials {
    Credentials::md5(user, &SecretBytes::new(secret.as_bytes().to_vec())).unwrap()
}

impl Device {
    /// A device that finds its server at `url`.
    pub(crate) fn new(url: &str, name: &str, prove: Credentials, verify: Requirement) -> Self {
        let ran = Arc::default();
        Self {
            name: name.to_owned(),
            session_id: String::new(),
            tree: tree(name, &ran),
            ran,
            before_post: None,
            bare: None,
            url: url.to_owned(),
            prove,
            verify,
            nonces: Nonces::default(),
            sessions: 0,
        }
    }

    /// A session from its beginning to its end.
    pub(crate) fn run(&mut self) -> Went {
        self.run_until(usize::MAX)
    }

    /// A session in which the device goes away after so many answers, the last
    /// of which it does not even look at.
    pub(crate) fn run_until(&mut self, answers: usize) -> Went {
        self.sessions += 1;
        let session_id = match self.session_id.as_str() {
            "" => format!("{:X}", self.sessions),
            same => same.to_owned(),
        };
        let id: ServerId = "rehome".parse().unwrap();
        let info = "./DevInfo".parse().unwrap();
        let mut config = Config::new(id, SERVER, &self.name, session_id.as_str().into(), info);
        config.prove = Some(self.prove.clone());
        config.verify = self.verify.clone();
        config.nonces = self.nonces.clone();
        let mut session = Session::new(config);
        session.start(&self.tree).unwrap();
        let mut went = Went {
            finished: false,
            server_proved: false,
            executed: Vec::new(),
            answers: Vec::new(),
        };
        loop {
            self.take_events(&mut session, &mut went);
            let Some(transmit) = session.poll_transmit(Tick::ZERO) else {
                break;
            };
            let url = if transmit.to.as_deref() == Some(SERVER) {
                &self.url
            } else {
                ""
            };
            if let Some(intrude) = self.before_post {
                intrude(url, &transmit.octets);
            }
            let octets = match self.bare {
                Some(number) if number == went.answers.len() + 1 => bare(&transmit.octets),
                _ => transmit.octets,
            };
            let answer = post(url, transmit.encoding.content_type(), &octets);
            assert_eq!(
                answer.status,
                200,
                "{}",
                String::from_utf8_lossy(&answer.body)
            );
            assert_eq!(answer.content_type, transmit.encoding.content_type());
            went.answers.push(answer.body.clone());
            if went.answers.len() >= answers {
                return went;
            }
            let received = Received::read(Encoding::Xml, &answer.body).unwrap();
            if session.is_over() {
                break;
            }
            session
                .handle_message(Tick::ZERO, &mut self.tree, &received, &mut OsRandom)
                .unwrap();
        }
        self.take_events(&mut session, &mut went);
        went
    }

    fn take_events(&mut self, session: &mut Session, went: &mut Went) {
        while let Some(event) = session.poll_event() {
            match event {
                Event::NoncesChanged(nonces) => self.nonces = nonces,
                Event::ServerAuthenticated => went.server_proved = true,
                Event::Executed { target, .. } => went.executed.extend(target),
                Event::Finished => went.finished = true,
                _ => {}
            }
        }
    }

    /// The same device, which finds its server elsewhere now.
    pub(crate) fn moved_to(self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self
        }
    }

    /// What it keeps of its account's nonces.
    pub(crate) fn nonces(&self) -> &Nonces {
        &self.nonces
    }

    pub(crate) fn value(&self, uri: &str) -> String {
        let value = self.tree.value(&uri.parse().unwrap()).unwrap();
        String::from_utf8(value.data().to_vec()).unwrap()
    }
}

/// A message in XML without its credentials.
fn bare(octets: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(octets.to_vec()).unwrap();
    let (head, rest) = text.split_once("<Cred>").unwrap();
    let (_, tail) = rest.split_once("</Cred>").unwrap();
    format!("{head}{tail}").into_bytes()
}

/// Everybody may do everything, but for `./Hidden`.
fn tree(name: &str, ran: &Arc<Mutex<u32>>) -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    let mut put = |uri: &str, node: Node| tree.put(uri.parse().unwrap(), node).unwrap();
    put("./DevInfo", Node::interior());
    for (leaf, value) in [
        ("DevId", name),
        ("Man", "Acme"),
        ("Mod", "M1"),
        ("DmV", "1.2"),
        ("Lang", "en"),
    ] {
        put(&format!("./DevInfo/{leaf}"), Node::leaf(Value::text(value)));
    }
    put("./Settings", Node::interior());
    put("./Settings/Interval", Node::leaf(Value::text("60")));
    put("./DMAcc", Node::interior());
    put("./DMAcc/AAuthSecret", Node::leaf(Value::text("old")));
    let other: ServerId = "other".parse().unwrap();
    let hidden = Node::leaf(Value::text("x")).with_acl(Acl::only(&other, &Right::ALL));
    put("./Hidden", hidden);
    let process = Box::new(Process(Arc::clone(ran)));
    let mo = "urn:x-rehome:mo:test:1.0";
    tree.mount("./Process".parse().unwrap(), mo, None, process)
        .unwrap();
    tree
}
