//! What every backend must do for a management server (dm::queue).

use clock::Timestamp;
use dm::auth::{Nonce, Nonces};
use dm::queue::{
    Account, AccountAuth, CommandState, Commit, Direction, LoginKind, MessageRecord, Order,
    QueueStore, QueuedCommand, QueuedId, SessionRecord, SessionRef, StoreError, TransportLogin,
    Versioned,
};
use dm::server::Request;
use secret::SecretBytes;
use sim::net::SimRandom;
use store::{CommandQuery, SessionQuery, Store};

use crate::scratch::Scratch;

const DEVICE: &str = "IMEI:490154203237518";
const SECRET: &[u8] = b"a secret that nobody finds";

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000 + seconds)
}

fn account(device: &str) -> Account {
    let secret = SecretBytes::new(SECRET.to_vec());
    Account::new(device, "rehome", "user", secret, at(0))
}

struct Queue(SimRandom);

impl Queue {
    fn command(&mut self, device: &str, target: &str) -> QueuedCommand {
        let order = Order {
            device: device.to_owned(),
            group: Some("all".to_owned()),
            request: Request::Get {
                target: target.to_owned(),
            },
            priority: -2,
            expires_at: at(60),
        };
        QueuedCommand::new(QueuedId::random(&mut self.0), at(1), order).unwrap()
    }

    fn commands(&mut self, device: &str, count: usize) -> Vec<QueuedCommand> {
        (0..count)
            .map(|_| self.command(device, "./DevInfo"))
            .collect()
    }
}

fn queue() -> Queue {
    Queue(SimRandom::from_seed(5))
}

async fn with_account(scratch: &Scratch) -> Store {
    let store = scratch.open();
    store.add_account(&account(DEVICE)).await.unwrap();
    store
}

fn all() -> CommandQuery {
    CommandQuery {
        limit: 1000,
        ..CommandQuery::default()
    }
}

fn ids(commands: &[Versioned<QueuedCommand>]) -> Vec<QueuedId> {
    commands.iter().map(|command| command.value.id()).collect()
}

fn with_server_secret(device: &str, secret: &str) -> Account {
    let mut given = account(device);
    given.server_secret = Some(SecretBytes::new(secret.as_bytes().to_vec()));
    given
}

/// OMA DM Security 1.2 clause 5.1: a server shows each device another secret.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_devices_have_the_same_secret_of_their_server() {
    let scratch = Scratch::new("dm-server-secret");
    let store = scratch.open();
    for given in [
        with_server_secret("a", "first"),
        with_server_secret("b", "second"),
        account("without"),
        account("without either"),
    ] {
        store.add_account(&given).await.unwrap();
    }
    let refused = async |store: &Store, given: &Account| {
        let error = store.add_account(given).await.unwrap_err();
        let none = store.account(&given.device).await.unwrap();
        assert!(none.is_none(), "nothing is stored");
        error.code()
    };
    let reused = with_server_secret("c", "first");
    assert_eq!(refused(&store, &reused).await, "server-secret-reused");
    store.close().await;
    // Accounts of schema 2 have no tags yet.
    let conn = scratch.raw();
    conn.execute("DELETE FROM dm_server_tag WHERE device = 'a'", [])
        .unwrap();
    drop(conn);
    let store = scratch.open();
    assert_eq!(refused(&store, &reused).await, "server-secret-reused");
    store
        .add_account(&with_server_secret("d", "third"))
        .await
        .unwrap();
    let again = store.add_account(&with_server_secret("a", "first")).await;
    assert!(matches!(again, Err(store::Error::Conflict)), "its own");
    store.remove_account("a").await.unwrap();
    store.add_account(&reused).await.unwrap();
}

fn with_login(device: &str, name: &str) -> Account {
    let secret = SecretBytes::new(b"secret of the transport".to_vec());
    let mut given = account(device);
    given.login = Some(TransportLogin::new(LoginKind::HttpDigest, name, secret).unwrap());
    given
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_its_login() {
    let scratch = Scratch::new("dm-login");
    let store = scratch.open();
    store.add_account(&with_login("a", "name")).await.unwrap();
    store.add_account(&account("b")).await.unwrap();
    let taken = store.add_account(&with_login("c", "name")).await;
    assert_eq!(taken.unwrap_err().code(), "login-taken");
    assert!(store.account("c").await.unwrap().is_none(), "nothing stays");
    for name in ["a", "b", "", "Name"] {
        assert!(store.account_of_login(name).await.unwrap().is_none());
    }
    store.close().await;
    let store = scratch.open();
    let found = store.account_of_login("name").await.unwrap().unwrap();
    assert_eq!(found.device, "a");
    let login = found.login.unwrap();
    assert_eq!(login.secret().expose(), b"secret of the transport");
    let now = store.account_of_login_now("name").unwrap().unwrap();
    assert_eq!(now.device, "a");
    store.remove_account("a").await.unwrap();
    assert!(store.account_of_login_now("name").unwrap().is_none());
    store.add_account(&with_login("c", "name")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_keeps_its_secrets_and_nonces_over_a_restart() {
    let scratch = Scratch::new("dm-account");
    let store = scratch.open();
    let mut given = account(DEVICE);
    given.auth = AccountAuth::Basic;
    given.server_secret = Some(SecretBytes::new(b"the server's".to_vec()));
    given.profile = "a gateway".to_owned();
    store.add_account(&given).await.unwrap();
    let nonces = Nonces {
        prove: None,
        verify: Some(Nonce::from_octets(vec![0, 1, 2]).unwrap()),
    };
    let commit = Commit {
        nonces: Some((DEVICE.to_owned(), nonces.clone())),
        ..Commit::default()
    };
    QueueStore::commit(&store, commit.clone()).await.unwrap();
    QueueStore::commit(&store, commit).await.unwrap();
    store.close().await;
    let store = scratch.open();
    let found = store.account(DEVICE).await.unwrap().unwrap();
    assert_eq!(found.secret.expose(), SECRET);
    assert_eq!(
        found.server_secret.as_ref().unwrap().expose(),
        b"the server's"
    );
    assert_eq!(found.nonces(), nonces);
    assert_eq!(
        (found.auth, found.profile.as_str()),
        (AccountAuth::Basic, "a gateway")
    );
    let listed = store.accounts("", 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].auth, AccountAuth::Basic);
    assert!(store.accounts(DEVICE, 10).await.unwrap().is_empty());
    assert!(store.account("IMEI:0").await.unwrap().is_none());
    store.integrity_check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_one_account_and_without_it_nothing_is_kept() {
    let scratch = Scratch::new("dm-one");
    let store = with_account(&scratch).await;
    let again = store.add_account(&account(DEVICE)).await;
    assert_eq!(again.unwrap_err().code(), "store-conflict");
    let mut queue = queue();
    let stranger = store.queue(queue.commands("IMEI:0", 1)).await;
    assert_eq!(stranger.unwrap_err().code(), "store-conflict");
    assert!(store.join_group("all", "IMEI:0").await.is_err());
    store.queue(queue.commands(DEVICE, 2)).await.unwrap();
    store.join_group("all", DEVICE).await.unwrap();
    assert!(store.remove_account(DEVICE).await.unwrap());
    assert!(!store.remove_account(DEVICE).await.unwrap());
    assert!(store.commands(all()).await.unwrap().commands.is_empty());
    assert!(store.groups().await.unwrap().is_empty());
    let nonces = Commit {
        nonces: Some((DEVICE.to_owned(), Nonces::default())),
        ..Commit::default()
    };
    let gone = QueueStore::commit(&store, nonces).await;
    assert!(matches!(gone, Err(StoreError::Conflict)));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_come_oldest_first_and_change_by_version() {
    let scratch = Scratch::new("dm-commands");
    let store = with_account(&scratch).await;
    let commands = queue().commands(DEVICE, 3);
    let wanted: Vec<QueuedId> = commands.iter().map(QueuedCommand::id).collect();
    store.queue(commands).await.unwrap();
    let mut open = store.open_commands(DEVICE).await.unwrap();
    assert_eq!(ids(&open), wanted);
    assert_eq!(open[0].value.group(), Some("all"));
    assert_eq!(open[0].value.priority(), -2);
    assert_eq!(open[0].value.expires_at(), at(60));
    open[1].value.cancel().unwrap();
    let commit = Commit {
        commands: vec![open[1].clone()],
        ..Commit::default()
    };
    QueueStore::commit(&store, commit.clone()).await.unwrap();
    // Another one who had loaded the same.
    let late = QueueStore::commit(&store, commit).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    assert_eq!(
        ids(&store.open_commands(DEVICE).await.unwrap()),
        [wanted[0], wanted[2]]
    );
    let cancelled = store.command(wanted[1]).await.unwrap().unwrap();
    assert_eq!(cancelled.value.state(), CommandState::Cancelled);
    assert_eq!(cancelled.version, 2);
    assert!(store.expired(at(59), 9).await.unwrap().is_empty());
    assert_eq!(
        ids(&store.expired(at(60), 9).await.unwrap()),
        [wanted[0], wanted[2]]
    );
    assert_eq!(store.expired(at(60), 1).await.unwrap().len(), 1);
    let query = CommandQuery {
        state: Some(CommandState::Queued),
        limit: 1,
        ..CommandQuery::default()
    };
    let first = store.commands(query.clone()).await.unwrap();
    assert_eq!(first.commands[0].id(), wanted[2], "newest first");
    let before = first.next;
    let second = store
        .commands(CommandQuery { before, ..query })
        .await
        .unwrap();
    assert_eq!(second.commands[0].id(), wanted[0]);
    assert_eq!(second.next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_has_a_bound_and_old_outcomes_are_forgotten() {
    let scratch = Scratch::new("dm-bound");
    let store = with_account(&scratch).await;
    let mut queue = queue();
    store.queue(queue.commands(DEVICE, 1000)).await.unwrap();
    let full = store.queue(queue.commands(DEVICE, 1)).await;
    assert_eq!(full.unwrap_err().code(), "dm-queue-full");
    let cancel = || async {
        let mut open = store.open_commands(DEVICE).await.unwrap();
        open.iter_mut()
            .for_each(|command| command.value.cancel().unwrap());
        let commit = Commit {
            commands: open,
            ..Commit::default()
        };
        QueueStore::commit(&store, commit).await.unwrap();
    };
    cancel().await;
    store.queue(queue.commands(DEVICE, 5)).await.unwrap();
    cancel().await;
    store.queue(queue.commands(DEVICE, 1)).await.unwrap();
    let over = CommandQuery {
        state: Some(CommandState::Cancelled),
        ..all()
    };
    let page = store.commands(over).await.unwrap();
    assert_eq!((page.commands.len(), page.next), (1000, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_have_members() {
    let scratch = Scratch::new("dm-groups");
    let store = with_account(&scratch).await;
    store.add_account(&account("a")).await.unwrap();
    for device in [DEVICE, "a", "a"] {
        store.join_group("fleet", device).await.unwrap();
    }
    store.join_group("one", "a").await.unwrap();
    let groups = store.groups().await.unwrap();
    let names: Vec<_> = groups
        .iter()
        .map(|group| (group.name.as_str(), group.devices.len()))
        .collect();
    assert_eq!(names, [("fleet", 2), ("one", 1)]);
    assert!(store.leave_group("fleet", Some("a")).await.unwrap());
    assert!(!store.leave_group("fleet", Some("a")).await.unwrap());
    assert_eq!(store.group_members("fleet").await.unwrap(), [DEVICE]);
    assert!(store.leave_group("fleet", None).await.unwrap());
    assert!(store.group_members("fleet").await.unwrap().is_empty());
}

fn session(random: &mut SimRandom) -> SessionRecord {
    SessionRecord {
        id: SessionRef::random(random),
        device: DEVICE.to_owned(),
        session_id: "1".to_owned(),
        started: at(3),
        ended: None,
        outcome: None,
    }
}

fn message(session: SessionRef, number: u32, text: &str) -> MessageRecord {
    MessageRecord {
        session,
        number,
        direction: if number % 2 == 1 {
            Direction::In
        } else {
            Direction::Out
        },
        at: at(u64::from(number)),
        text: text.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_kept_with_its_messages() {
    let scratch = Scratch::new("dm-session");
    let store = with_account(&scratch).await;
    let mut random = SimRandom::from_seed(2);
    let mut first = session(&mut random);
    let messages = vec![
        message(first.id, 1, "<In/>"),
        message(first.id, 2, "<Out/>"),
    ];
    let commit = Commit {
        session: Some(first.clone()),
        messages: messages.clone(),
        ..Commit::default()
    };
    QueueStore::commit(&store, commit).await.unwrap();
    first.ended = Some(at(9));
    first.outcome = Some("finished".to_owned());
    let end = Commit {
        session: Some(first.clone()),
        ..Commit::default()
    };
    QueueStore::commit(&store, end).await.unwrap();
    let open = session(&mut random);
    let begin = Commit {
        session: Some(open.clone()),
        ..Commit::default()
    };
    QueueStore::commit(&store, begin).await.unwrap();
    assert_eq!(
        store.session(first.id).await.unwrap(),
        Some((first, messages))
    );
    let last = session(&mut random);
    let begin = Commit {
        session: Some(last.clone()),
        ..Commit::default()
    };
    QueueStore::commit(&store, begin).await.unwrap();
    let (before, _) = store.session(open.id).await.unwrap().unwrap();
    assert_eq!(before.outcome.as_deref(), Some("dm-superseded"));
    let open = last;
    assert_eq!(store.close_sessions(at(10)).await.unwrap(), 1);
    let (closed, none) = store.session(open.id).await.unwrap().unwrap();
    assert_eq!(closed.outcome.as_deref(), Some("dm-server-ended"));
    assert_eq!((closed.ended, none.len()), (Some(at(10)), 0));
    store.integrity_check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_sessions_are_forgotten_with_their_messages() {
    let scratch = Scratch::new("dm-forgotten");
    let store = with_account(&scratch).await;
    let mut random = SimRandom::from_seed(2);
    let records: Vec<SessionRecord> = (0..53).map(|_| session(&mut random)).collect();
    for record in &records {
        let commit = Commit {
            session: Some(record.clone()),
            messages: vec![message(record.id, 1, "<In/>")],
            ..Commit::default()
        };
        QueueStore::commit(&store, commit).await.unwrap();
    }
    let query = SessionQuery {
        device: Some(DEVICE.to_owned()),
        limit: 1000,
        ..SessionQuery::default()
    };
    let kept = store.sessions(query).await.unwrap().sessions;
    assert_eq!(kept.len(), 50);
    assert_eq!(kept[0].id, records[52].id, "newest first");
    assert!(store.session(records[2].id).await.unwrap().is_none());
    let messages: i64 = scratch
        .raw()
        .query_row("SELECT count(*) FROM dm_message", [], |row| row.get(0))
        .unwrap();
    assert_eq!(messages, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_secret_is_in_the_file() {
    let scratch = Scratch::new("dm-sealed");
    let store = with_account(&scratch).await;
    let mut queue = queue();
    let target = "./a/target/that/nobody/finds";
    store
        .queue(vec![queue.command(DEVICE, target)])
        .await
        .unwrap();
    let record = session(&mut queue.0);
    let commit = Commit {
        messages: vec![message(record.id, 1, "<Text>that nobody finds</Text>")],
        session: Some(record),
        ..Commit::default()
    };
    QueueStore::commit(&store, commit).await.unwrap();
    store.close().await;
    for entry in std::fs::read_dir(scratch.dir()).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        let found = octets.windows(12).any(|window| window == b"nobody finds");
        let target = octets.windows(12).any(|window| window == b"nobody/finds");
        assert!(!found && !target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_moved_to_another_device_does_not_open() {
    let scratch = Scratch::new("dm-moved");
    let store = with_account(&scratch).await;
    store.add_account(&account("other")).await.unwrap();
    store.queue(queue().commands("other", 1)).await.unwrap();
    let sql = "UPDATE dm_command SET device = ?1";
    scratch.raw().execute(sql, [DEVICE]).unwrap();
    assert!(store.open_commands(DEVICE).await.is_err());
}
