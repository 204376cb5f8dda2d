//! What the tests share: a device, its tree and a server, and a pump that
//! carries messages between the two engines without a network.

use std::sync::{Arc, Mutex};

use clock::{Random, Tick};
use dm::auth::{Credentials, Nonces, Requirement};
use dm::session::{Received, Transmit};
use dm::tree::{
    Acl, Executed, Execution, ManagementObject, Node, NodeKind, NodeUri, ObjectNode, Overwrite,
    Right, Rights, ServerId, Tree, TreeLimits, Value,
};
use dm::{Error, client, server};
use secret::SecretBytes;
use sim::net::SimRandom;
use syncml::{Command, Message, SessionId, Status};

pub(crate) const DEVICE: &str = "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff";
pub(crate) const SERVER: &str = "https://dpf.mnc002.mcc001.rehome.test/dm";
pub(crate) const ORDER: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const MO: &str = "urn:x-rehome:mo:m2mcimm:1.0";

pub(crate) fn uri(text: &str) -> NodeUri {
    text.parse().unwrap()
}

pub(crate) fn id(text: &str) -> ServerId {
    text.parse().unwrap()
}

pub(crate) fn new_operator() -> ServerId {
    id("new.operator")
}

pub(crate) fn old_operator() -> ServerId {
    id("old.operator")
}

pub(crate) fn text(value: &str) -> NodeKind {
    NodeKind::Leaf(Value::text(value))
}

pub(crate) fn interior() -> NodeKind {
    NodeKind::Interior { type_: None }
}

pub(crate) fn over(value: &str) -> Overwrite {
    Overwrite {
        format: None,
        type_: None,
        data: SecretBytes::new(value.as_bytes().to_vec()),
    }
}

/// A tree with the recommended root ACL, device information, and a permanent
/// `./NAP` that every server may add to.
pub(crate) fn device_tree() -> Tree {
    limited_tree(TreeLimits::default())
}

/// The same within other limits.
pub(crate) fn limited_tree(limits: TreeLimits) -> Tree {
    let root = Acl::everybody(&[Right::Add, Right::Get]);
    let mut tree = Tree::new(root, limits);
    tree.put(uri("./DevInfo"), Node::interior().permanent())
        .unwrap();
    let leaves = [
        ("DevId", DEVICE),
        ("Man", "Acme"),
        ("Mod", "M1"),
        ("DmV", "1.2"),
        ("Lang", "en"),
    ];
    for (name, value) in leaves {
        let leaf = Node::leaf(Value::text(value))
            .permanent()
            .taking(Rights::of(&[Right::Get]));
        tree.put(uri(&format!("./DevInfo/{name}")), leaf).unwrap();
    }
    tree.put(uri("./NAP"), Node::interior().permanent())
        .unwrap();
    tree
}

/// What an [`OrderObject`] was told, in order.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// One order's management object: Package takes Add and Replace and never Get,
/// Install takes Exec, State takes Get. It takes part in Atomics.
pub(crate) struct OrderObject {
    pub(crate) log: Log,
    pub(crate) package: Option<Vec<u8>>,
    pub(crate) before: Option<Option<Vec<u8>>>,
    /// What Install answers.
    pub(crate) install: Executed,
    /// Whether roll-back works.
    pub(crate) can_undo: bool,
    /// Whether commit works.
    pub(crate) can_commit: bool,
}

impl OrderObject {
    pub(crate) fn new(log: &Log) -> Self {
        Self {
            log: Arc::clone(log),
            package: None,
            before: None,
            install: Executed::Accepted,
            can_undo: true,
            can_commit: true,
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }
}

impl ManagementObject for OrderObject {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        let leaf = |rights: &[Right]| {
            Some(ObjectNode {
                interior: false,
                acl: None,
                access: Rights::of(rights),
            })
        };
        match path {
            [ORDER] => Some(ObjectNode {
                interior: true,
                acl: Some(Acl::only(&new_operator(), &Right::ALL)),
                access: Rights::of(&[Right::Add, Right::Get, Right::Delete]),
            }),
            [ORDER, "Package"] if self.package.is_some() => leaf(&[Right::Replace]),
            [ORDER, "Install"] => leaf(&[Right::Exec]),
            [ORDER, "State"] => leaf(&[Right::Get]),
            _ => None,
        }
    }

    fn children(&self, path: &[&str]) -> Vec<String> {
        match path {
            [] => vec![ORDER.to_owned()],
            [ORDER] => {
                let mut names = vec!["Install".to_owned(), "State".to_owned()];
                names.extend(self.package.as_ref().map(|_| "Package".to_owned()));
                names
            }
            _ => Vec::new(),
        }
    }

    fn get(&self, path: &[&str]) -> Result<Value, Error> {
        self.note(format!("get {}", path.join("/")));
        Ok(Value::text("idle"))
    }

    fn add(&mut self, path: &[&str], kind: NodeKind) -> Result<(), Error> {
        let ([ORDER, "Package"], NodeKind::Leaf(value)) = (path, kind) else {
            return Err(Error::NotAllowed);
        };
        self.note(format!("add {}", value.size()));
        self.package = Some(value.data().to_vec());
        Ok(())
    }

    fn replace(&mut self, _: &[&str], new: Overwrite) -> Result<(), Error> {
        self.note(format!("replace {}", new.data.expose().len()));
        self.package = Some(new.data.expose().clone());
        Ok(())
    }

    fn exec(&mut self, _: &[&str], call: &Execution) -> Result<Executed, Error> {
        let correlator = call.correlator.as_deref().unwrap_or("-");
        self.note(format!("exec {correlator}"));
        Ok(self.install)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.note("begin");
        self.before = Some(self.package.clone());
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.note("commit");
        if self.can_commit {
            Ok(())
        } else {
            Err(Error::Failed("commit"))
        }
    }

    fn roll_back(&mut self) -> Result<(), Error> {
        self.note("roll back");
        if !self.can_undo {
            return Err(Error::Failed("undo"));
        }
        if let Some(before) = self.before.take() {
            self.package = before;
        }
        Ok(())
    }
}

/// The device tree with an order's object at `./M2MCIMM`.
pub(crate) fn order_tree() -> (Tree, Log) {
    let log = Log::default();
    let mut tree = device_tree();
    tree.mount(uri("./M2MCIMM"), MO, None, Box::new(OrderObject::new(&log)))
        .unwrap();
    (tree, log)
}

pub(crate) fn package() -> String {
    format!("./M2MCIMM/{ORDER}/Package")
}

pub(crate) fn install() -> String {
    format!("./M2MCIMM/{ORDER}/Install")
}

/// Credentials of the MD5 scheme for `user`.
pub(crate) fn md5(user: &str, secret: &str) -> Credentials {
    Credentials::md5(user, &SecretBytes::new(secret.as_bytes().to_vec())).unwrap()
}

pub(crate) fn device_credentials() -> Credentials {
    md5("device", "device secret")
}

pub(crate) fn server_credentials() -> Credentials {
    md5("server", "server secret")
}

pub(crate) fn session_id() -> SessionId {
    "7F".into()
}

/// A device that proves itself and wants proof of the server, without nonces.
pub(crate) fn client_config() -> client::Config {
    let mut config = client::Config::new(
        new_operator(),
        SERVER,
        DEVICE,
        session_id(),
        uri("./DevInfo"),
    );
    config.prove = Some(device_credentials());
    config.verify = Requirement::Credentials(server_credentials());
    config
}

/// The server that fits it.
pub(crate) fn server_config() -> server::Config {
    let verify = Requirement::Credentials(device_credentials());
    let mut config = server::Config::new(SERVER, DEVICE, session_id(), verify);
    config.prove = Some(server_credentials());
    config
}

/// The same without credentials: the transport is enough.
pub(crate) fn plain_client() -> client::Config {
    client::Config::new(
        new_operator(),
        SERVER,
        DEVICE,
        session_id(),
        uri("./DevInfo"),
    )
}

pub(crate) fn plain_server() -> server::Config {
    server::Config::new(SERVER, DEVICE, session_id(), Requirement::Transport)
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Server,
}

/// A message as its transport hands it over.
pub(crate) fn received(transmit: &Transmit) -> Received<'_> {
    Received::read(transmit.encoding, &transmit.octets)
        .unwrap()
        .with_mac(transmit.mac.as_deref())
}

/// The two engines, what they said and what happened.
pub(crate) struct Talk {
    pub(crate) client: client::Session,
    pub(crate) tree: Tree,
    pub(crate) server: server::Session,
    pub(crate) random: SimRandom,
    pub(crate) now: Tick,
    pub(crate) messages: Vec<(From, Message)>,
    /// The same as they were sent, with their HMACs.
    pub(crate) transmits: Vec<Transmit>,
    /// The message at this place gets lost, and the session with it.
    pub(crate) lost: Option<usize>,
    pub(crate) client_events: Vec<client::Event>,
    pub(crate) server_events: Vec<server::Event>,
    pub(crate) client_nonces: Nonces,
    pub(crate) server_nonces: Nonces,
}

pub(crate) type ServerLogic<'a> = &'a mut dyn FnMut(&mut server::Session, &server::Event);
pub(crate) type ClientLogic<'a> = &'a mut dyn FnMut(&mut client::Session, &client::Event);

impl Talk {
    pub(crate) fn new(client: client::Config, server: server::Config, tree: Tree) -> Self {
        Self {
            client_nonces: client.nonces.clone(),
            server_nonces: server.nonces.clone(),
            client: client::Session::new(client),
            tree,
            server: server::Session::new(server),
            random: SimRandom::from_seed(1),
            now: Tick::ZERO,
            messages: Vec::new(),
            transmits: Vec::new(),
            lost: None,
            client_events: Vec::new(),
            server_events: Vec::new(),
        }
    }

    /// Starts the session and carries messages until both are silent.
    pub(crate) fn run(&mut self, on_server: ServerLogic<'_>, on_client: ClientLogic<'_>) {
        self.client.start(&self.tree).unwrap();
        self.go_on(on_server, on_client);
    }

    /// Carries messages until both are silent.
    pub(crate) fn go_on(&mut self, on_server: ServerLogic<'_>, on_client: ClientLogic<'_>) {
        for _ in 0..100 {
            self.client_side(on_client);
            while self.client.resume(self.now, &mut self.tree) {
                self.client_side(on_client);
            }
            let Some(request) = self.client.poll_transmit(self.now) else {
                self.client_side(on_client);
                return;
            };
            assert_eq!(request.to.as_deref(), Some(SERVER));
            let received = self.carry(From::Client, &request);
            let Some(received) = received else { return };
            self.server
                .handle_message(self.now, &received, &mut self.random)
                .unwrap();
            self.server_side(on_server);
            let Some(answer) = self.server.poll_transmit(self.now) else {
                return;
            };
            self.server_side(on_server);
            let received = self.carry(From::Server, &answer);
            let Some(received) = received else { return };
            if self.client.is_over() {
                self.client_side(on_client);
                return;
            }
            self.client
                .handle_message(self.now, &mut self.tree, &received, &mut self.random)
                .unwrap();
        }
        panic!("the session does not end");
    }

    /// Notes a message; `None` if it is lost.
    fn carry<'a>(&mut self, from: From, transmit: &'a Transmit) -> Option<Received<'a>> {
        let received = received(transmit);
        self.messages.push((from, received.message().clone()));
        self.transmits.push(transmit.clone());
        (self.lost != Some(self.messages.len() - 1)).then_some(received)
    }

    fn server_side(&mut self, logic: ServerLogic<'_>) {
        while let Some(event) = self.server.poll_event() {
            if let server::Event::NoncesChanged(nonces) = &event {
                self.server_nonces = nonces.clone();
            }
            logic(&mut self.server, &event);
            self.server_events.push(event);
        }
    }

    fn client_side(&mut self, logic: ClientLogic<'_>) {
        while let Some(event) = self.client.poll_event() {
            if let client::Event::NoncesChanged(nonces) = &event {
                self.client_nonces = nonces.clone();
            }
            logic(&mut self.client, &event);
            self.client_events.push(event);
        }
    }

    /// The codes of the header statuses that `from` sent, in order.
    pub(crate) fn header_codes(&self, from: From) -> Vec<u16> {
        self.messages
            .iter()
            .filter(|(who, _)| *who == from)
            .flat_map(|(_, message)| statuses(message))
            .filter(|status| status.cmd_ref.is_header())
            .map(|status| status.code.0)
            .collect()
    }

    /// The statuses of commands by name that the client sent, in order.
    pub(crate) fn command_codes(&self, name: &str) -> Vec<u16> {
        self.messages
            .iter()
            .filter(|(who, _)| *who == From::Client)
            .flat_map(|(_, message)| statuses(message))
            .filter(|status| status.cmd == name)
            .map(|status| status.code.0)
            .collect()
    }
}

pub(crate) fn statuses(message: &Message) -> Vec<Status> {
    message
        .body
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::Status(status) => Some((**status).clone()),
            _ => None,
        })
        .collect()
}

/// The names of a message's commands, in order.
pub(crate) fn names(message: &Message) -> Vec<&str> {
    message.body.commands.iter().map(Command::name).collect()
}

/// Logic that does nothing.
pub(crate) fn idle_server(_: &mut server::Session, _: &server::Event) {}

/// Logic that does nothing.
pub(crate) fn idle_client(_: &mut client::Session, _: &client::Event) {}

/// Logic that pushes each batch of commands when the device has closed a
/// package.
pub(crate) fn in_batches(
    batches: Vec<Vec<server::Request>>,
) -> impl FnMut(&mut server::Session, &server::Event) {
    let mut batches = batches.into_iter();
    move |session, event| {
        if *event == server::Event::PackageReceived {
            for request in batches.next().into_iter().flatten() {
                session.push(request).unwrap();
            }
        }
    }
}

pub(crate) fn get(target: &str) -> server::Request {
    server::Request::Get {
        target: target.to_owned(),
    }
}

pub(crate) fn add(target: &str, kind: NodeKind) -> server::Request {
    server::Request::Add {
        target: target.to_owned(),
        kind,
    }
}

pub(crate) fn exec(target: &str, correlator: Option<&str>) -> server::Request {
    server::Request::Exec {
        target: target.to_owned(),
        correlator: correlator.map(str::to_owned),
        argument: None,
    }
}

/// A nonce of the test's own.
pub(crate) fn nonce(seed: u64) -> dm::auth::Nonce {
    let mut octets = [0; 16];
    SimRandom::from_seed(seed).fill(&mut octets);
    dm::auth::Nonce::from_octets(octets.to_vec()).unwrap()
}

/// Both sides' nonces as they should be between sessions.
pub(crate) fn in_step(client: &mut client::Config, server: &mut server::Config) {
    client.nonces.prove = Some(nonce(100));
    server.nonces.verify = Some(nonce(100));
    server.nonces.prove = Some(nonce(200));
    client.nonces.verify = Some(nonce(200));
}
