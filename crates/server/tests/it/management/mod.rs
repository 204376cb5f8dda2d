//! The management server's way to its store: how often a session goes there, in
//! what order, and what a failure leaves.

mod certificates;
mod logins;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use clock::{Tick, Timestamp};
use dm::auth::{Credentials, Nonces, Requirement};
use dm::client::{Config, Event, Session};
use dm::queue::{
    Account, CommandState, Commit, Order, Policy, QueueStore, QueuedCommand, QueuedId, StoreError,
    Versioned,
};
use dm::server::Request as Wanted;
use dm::session::{Encoding, Received, Transmit};
use dm::tree::{Acl, Node, Right, ServerId, Tree, TreeLimits, Value};
use secret::SecretBytes;
use server::management::{HttpAuthentication, ManagementConfig, ManagementEndpoint};
use store::{SqliteOptions, Store, StoreKey};
use tls::http::header::{self, HeaderValue};
use tls::http::{Handler, HeaderMap, Method, Request, ServerLimits, StatusCode};
use tokens::os::{self, OsRandom};

use crate::world::scratch::Scratch;

const URI: &str = "http://127.0.0.1:1/dm";
pub(super) const DEVICE: &str = "urn:imei:490154203237518";
const HOUR: Duration = Duration::from_secs(3600);

/// One call to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trip {
    Account,
    Open,
    Expired,
    Command,
    /// What was in it.
    Commit {
        commands: usize,
        messages: usize,
        ended: bool,
    },
}

/// A store that notes the calls.
pub(super) struct Counted {
    pub(super) store: Store,
    trips: Mutex<Vec<Trip>>,
    /// Commits fail.
    full: Mutex<bool>,
    /// Called off as soon as the queue was read.
    call_off: Mutex<Option<QueuedId>>,
}

impl Counted {
    fn note(&self, trip: Trip) {
        self.trips.lock().unwrap().push(trip);
    }

    fn take(&self) -> Vec<Trip> {
        std::mem::take(&mut self.trips.lock().unwrap())
    }
}

impl QueueStore for Counted {
    async fn account(&self, device: &str) -> Result<Option<Account>, StoreError> {
        self.note(Trip::Account);
        self.store.account(device).await
    }

    async fn account_of_login(&self, name: &str) -> Result<Option<Account>, StoreError> {
        self.note(Trip::Account);
        self.store.account_of_login(name).await
    }

    async fn open_commands(
        &self,
        device: &str,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        self.note(Trip::Open);
        let open = self.store.open_commands(device).await;
        let call_off = self.call_off.lock().unwrap().take();
        if let Some(id) = call_off {
            let mut command = self.store.command(id).await?.unwrap();
            command.value.cancel().unwrap();
            let commands = vec![command];
            let commit = Commit {
                commands,
                ..Commit::default()
            };
            self.store.commit(commit).await?;
        }
        open
    }

    async fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        self.note(Trip::Expired);
        self.store.expired(now, limit).await
    }

    async fn command(&self, id: QueuedId) -> Result<Option<Versioned<QueuedCommand>>, StoreError> {
        self.note(Trip::Command);
        self.store.command(id).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.note(Trip::Commit {
            commands: commit.commands.len(),
            messages: commit.messages.len(),
            ended: commit.session.as_ref().is_some_and(|it| it.ended.is_some()),
        });
        if *self.full.lock().unwrap() {
            return Err(StoreError::Full);
        }
        self.store.commit(commit).await
    }
}

pub(super) struct Bench {
    pub(super) endpoint: ManagementEndpoint<Counted>,
    tree: Tree,
    nonces: Nonces,
    sessions: u32,
    /// Ends with the test.
    _scratch: Scratch,
}

pub(super) fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

fn leaf(number: u32) -> String {
    format!("./Vendor/Leaf{number}")
}

fn tree() -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    let mut put = |uri: &str, node| tree.put(uri.parse().unwrap(), node).unwrap();
    put("./DevInfo", Node::interior().permanent());
    for (name, value) in [
        ("DevId", DEVICE),
        ("Man", "Acme"),
        ("Mod", "M1"),
        ("DmV", "1.2"),
        ("Lang", "en"),
    ] {
        let node = Node::leaf(Value::text(value)).permanent();
        put(&format!("./DevInfo/{name}"), node);
    }
    put("./Vendor", Node::interior());
    for number in 0..10 {
        put(&leaf(number), Node::leaf(Value::text("a value")));
    }
    tree
}

/// A message as HTTP brings it.
pub(super) fn request(transmit: &Transmit) -> Request {
    let mut headers = HeaderMap::new();
    let media_type = HeaderValue::from_static(transmit.encoding.content_type());
    headers.insert(header::CONTENT_TYPE, media_type);
    Request {
        method: Method::POST,
        path: "/dm".to_owned(),
        query: None,
        headers,
        body: transmit.octets.clone().into(),
        peer: None,
        remote: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
    }
}

impl Bench {
    async fn new(name: &str) -> Self {
        Self::with(name, |_, _| {}).await
    }

    /// With an account and a configuration that differ from the usual ones.
    pub(super) async fn with(
        name: &str,
        change: impl FnOnce(&mut Account, &mut ManagementConfig),
    ) -> Self {
        let scratch = Scratch::new(name);
        let url = format!("sqlite:{}", scratch.path().join("dm.db").display());
        let key = StoreKey::new(1, &secret::Secret::new([7; 32])).unwrap();
        let store = Store::open(&url, key, &SqliteOptions::default()).unwrap();
        let mut account = Account::new(DEVICE, "dm", "device", secret("one"), os::now());
        account.server_secret = Some(secret("two"));
        let mut config = ManagementConfig {
            server_id: "dm".to_owned(),
            server_uri: URI.to_owned(),
            other_targets: Vec::new(),
            tls: None,
            http_authentication: HttpAuthentication::default(),
            policy: Policy::default(),
            idle: HOUR,
            limits: ServerLimits::default(),
            api_token: [0; 32],
        };
        change(&mut account, &mut config);
        store.add_account(&account).await.unwrap();
        let store = Counted {
            store,
            trips: Mutex::default(),
            full: Mutex::default(),
            call_off: Mutex::default(),
        };
        Self {
            endpoint: ManagementEndpoint::new(config, store).unwrap(),
            tree: tree(),
            nonces: Nonces::default(),
            sessions: 0,
            _scratch: scratch,
        }
    }

    async fn queue(&self, request: Wanted) -> QueuedId {
        let id = QueuedId::random(&mut OsRandom);
        let now = os::now();
        let order = Order {
            device: DEVICE.to_owned(),
            group: None,
            request,
            priority: 0,
            expires_at: now.plus(HOUR),
        };
        let command = QueuedCommand::new(id, now, order).unwrap();
        let store = &self.endpoint.store().store;
        store.queue(vec![command]).await.unwrap();
        id
    }

    /// A Sequence of ten Gets, and a Replace.
    async fn queue_usual(&self) -> Vec<QueuedId> {
        self.queue_with("another value").await
    }

    async fn queue_with(&self, value: &str) -> Vec<QueuedId> {
        let gets = (0..10).map(|number| Wanted::Get {
            target: leaf(number),
        });
        vec![
            self.queue(Wanted::Sequence(gets.collect())).await,
            self.queue(Wanted::Replace {
                target: leaf(3),
                value: Value::text(value),
            })
            .await,
        ]
    }

    async fn states(&self, ids: &[QueuedId]) -> Vec<CommandState> {
        let mut states = Vec::new();
        for id in ids {
            let found = self.endpoint.store().store.command(*id).await.unwrap();
            states.push(found.unwrap().value.state());
        }
        states
    }

    pub(super) fn session(&mut self) -> Session {
        self.sessions += 1;
        let server: ServerId = "dm".parse().unwrap();
        let id = self.sessions.to_string().as_str().into();
        let mut config = Config::new(server, URI, DEVICE, id, "./DevInfo".parse().unwrap());
        config.encoding = Encoding::Wbxml;
        config.prove = Some(Credentials::md5("device", &secret("one")).unwrap());
        let theirs = Credentials::md5("dm", &secret("two")).unwrap();
        config.verify = Requirement::Credentials(theirs);
        // As devices do (crate `device`).
        config.challenge_alone = true;
        config.nonces = self.nonces.clone();
        let mut session = Session::new(config);
        session.start(&self.tree).unwrap();
        session
    }

    /// Sends the device's next message and takes the answer; the answer's
    /// status, or `None` if the device has nothing more to say.
    async fn turn(&mut self, session: &mut Session) -> Option<StatusCode> {
        self.take_events(session);
        let transmit = session.poll_transmit(Tick::ZERO);
        self.take_events(session);
        let transmit = transmit?;
        let response = self.endpoint.handle(request(&transmit)).await;
        if response.status == StatusCode::OK {
            let received = Received::read(transmit.encoding, &response.body).unwrap();
            session
                .handle_message(Tick::ZERO, &mut self.tree, &received, &mut OsRandom)
                .unwrap();
        }
        Some(response.status)
    }

    fn take_events(&mut self, session: &mut Session) {
        while let Some(event) = session.poll_event() {
            match event {
                Event::NoncesChanged(nonces) => self.nonces = nonces,
                Event::Aborted(reason) => panic!("{reason:?}"),
                _ => {}
            }
        }
    }

    /// A whole session: how many messages the device sent.
    async fn talk(&mut self) -> usize {
        let mut session = self.session();
        let mut messages = 0;
        while !session.is_over() {
            match self.turn(&mut session).await {
                Some(status) => assert_eq!(status, StatusCode::OK),
                None => break,
            }
            messages += 1;
        }
        self.take_events(&mut session);
        messages
    }

    fn take_trips(&self) -> Vec<Trip> {
        self.endpoint.store().take()
    }
}

/// The budget: a read of the account for a session, a read of the queue and one
/// commit for each of the device's messages.
#[tokio::test]
async fn a_session_goes_to_the_store_five_times() {
    let mut bench = Bench::new("management-trips").await;
    // The nonces of both sides are known from now on.
    bench.queue_usual().await;
    bench.talk().await;
    bench.endpoint.tidy_up().await;
    bench.take_trips();

    let ids = bench.queue_usual().await;
    assert_eq!(bench.talk().await, 2);
    let commit = |commands, messages, ended| Trip::Commit {
        commands,
        messages,
        ended,
    };
    assert_eq!(
        bench.take_trips(),
        [
            Trip::Account,
            Trip::Open,
            // Both commands are marked as sent before they leave.
            commit(2, 1, false),
            Trip::Open,
            // Our first message goes with both of the second turn.
            commit(2, 3, true),
        ]
    );
    assert_eq!(bench.states(&ids).await, [CommandState::Done; 2]);

    assert_eq!(bench.talk().await, 1);
    assert_eq!(
        bench.take_trips(),
        [Trip::Account, Trip::Open, commit(0, 2, true)]
    );
}

/// What a device was sent is to be seen while it thinks.
#[tokio::test]
async fn a_message_that_waits_for_a_commit_is_stored_soon() {
    let mut bench = Bench::new("management-waiting").await;
    bench.queue_usual().await;
    bench.talk().await;
    bench.queue_usual().await;
    let mut session = bench.session();
    bench.turn(&mut session).await.unwrap();
    bench.take_trips();

    bench.endpoint.tidy_up().await;
    let stored = Trip::Commit {
        commands: 0,
        messages: 1,
        ended: false,
    };
    assert_eq!(bench.take_trips(), [Trip::Expired, stored]);
    bench.endpoint.tidy_up().await;
    assert_eq!(bench.take_trips(), [Trip::Expired]);
}

/// House rule: store, then answer.
#[tokio::test]
async fn without_room_a_device_gets_nothing_to_do() {
    let mut bench = Bench::new("management-full").await;
    bench.queue_usual().await;
    bench.talk().await;
    let ids = bench.queue_usual().await;

    *bench.endpoint.store().full.lock().unwrap() = true;
    let mut session = bench.session();
    let status = bench.turn(&mut session).await;
    assert_eq!(status, Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(bench.states(&ids).await, [CommandState::Queued; 2]);

    *bench.endpoint.store().full.lock().unwrap() = false;
    bench.talk().await;
    assert_eq!(bench.states(&ids).await, [CommandState::Done; 2]);
}

/// A command that is called off between being picked and being marked as sent
/// stays here; what was picked with it goes out.
#[tokio::test]
async fn a_command_called_off_at_the_last_moment_is_not_sent() {
    let mut bench = Bench::new("management-called-off").await;
    bench.queue_usual().await;
    bench.talk().await;
    let ids = bench.queue_with("a third").await;

    *bench.endpoint.store().call_off.lock().unwrap() = Some(ids[1]);
    bench.talk().await;
    let states = [CommandState::Done, CommandState::Cancelled];
    assert_eq!(bench.states(&ids).await, states);
    let value = bench.tree.value(&leaf(3).parse().unwrap()).unwrap();
    assert_eq!(value.data(), b"another value", "of the first session");
}
