//! The simulated radio over loopback: attach, resynchronise, no cell, pushes, and
//! what a station does with whoever breaks the rules.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secret::SecretBytes;
use sim::radio::{
    Admission, Challenge, CoreNetwork, Coverage, Down, Heard, MAX_PUSH, NotTaken, PushChannel,
    RadioClient, Station, StationLimits, Up,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const IMSI: &str = "001010000000001";
const RES: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const RAND: [u8; 16] = [0xa0; 16];
const FRESH: [u8; 16] = [0xa1; 16];
const AUTN: [u8; 16] = [0xb0; 16];
const AUTS: [u8; 14] = [0xc0; 14];
const HANG: Duration = Duration::from_secs(30);

/// A core network that knows one subscriber, and remembers what it was told.
#[derive(Default)]
struct Core {
    next: AtomicU64,
    channel: Mutex<Option<PushChannel>>,
    told: Mutex<Vec<String>>,
}

impl Core {
    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    fn channel(&self) -> PushChannel {
        self.channel.lock().unwrap().clone().unwrap()
    }
}

impl CoreNetwork for Core {
    async fn authentication(
        &self,
        imsi: &str,
        resync: Option<([u8; 16], [u8; 14])>,
    ) -> Result<Challenge, u8> {
        if imsi != IMSI {
            return Err(2);
        }
        let rand = match resync {
            None => RAND,
            Some((RAND, AUTS)) => FRESH,
            Some(_) => return Err(21),
        };
        Ok(Challenge {
            rand,
            autn: AUTN,
            xres: SecretBytes::new(RES.to_vec()),
        })
    }

    async fn attached(&self, imsi: &str, channel: PushChannel) -> Result<Admission, u8> {
        let registration = self.next.fetch_add(1, Ordering::SeqCst);
        *self.channel.lock().unwrap() = Some(channel);
        self.tell(format!("attached {imsi} {registration}"));
        Ok(Admission {
            plmn: "001-99".to_owned(),
            registration,
        })
    }

    fn detached(&self, imsi: &str, registration: u64) {
        self.tell(format!("detached {imsi} {registration}"));
    }
}

struct World {
    core: Arc<Core>,
    station: Station,
    coverage: Coverage,
}

async fn world() -> World {
    let (core, coverage) = (Arc::new(Core::default()), Coverage::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = StationLimits {
        devices: 4,
        answer: Duration::from_millis(600),
        taken: Duration::from_millis(300),
    };
    let station = Station::serve(listener, core.clone(), limits, coverage.clone()).unwrap();
    World {
        core,
        station,
        coverage,
    }
}

fn attach() -> Up {
    Up::Attach {
        imsi: IMSI.to_owned(),
    }
}

async fn hear(radio: &mut RadioClient) -> Heard {
    timeout(HANG, radio.receive()).await.unwrap()
}

impl World {
    async fn attached(&self) -> RadioClient {
        let mut radio = RadioClient::new(self.station.address());
        radio.send(&attach()).await.unwrap();
        let challenge = Heard::Frame(Down::Challenge {
            rand: RAND,
            autn: AUTN,
        });
        assert_eq!(hear(&mut radio).await, challenge);
        radio.send(&Up::Answer { res: RES.to_vec() }).await.unwrap();
        let accept = Heard::Frame(Down::Accept {
            plmn: "001-99".to_owned(),
        });
        assert_eq!(hear(&mut radio).await, accept);
        radio
    }

    async fn told(&self, count: usize) -> Vec<String> {
        let waiting = async {
            while self.core.told().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(HANG, waiting).await.unwrap();
        self.core.told()
    }
}

#[tokio::test]
async fn a_device_attaches_leaves_and_attaches_again() {
    let world = world().await;
    let mut radio = world.attached().await;
    radio.send(&Up::Detach).await.unwrap();
    assert_eq!(world.told(2).await[1], format!("detached {IMSI} 0"));
    radio.send(&attach()).await.unwrap();
    hear(&mut radio).await;
    radio.send(&Up::Answer { res: RES.to_vec() }).await.unwrap();
    hear(&mut radio).await;
    // An Attach while attached gives the first up.
    radio.send(&attach()).await.unwrap();
    assert_eq!(world.told(4).await[3], format!("detached {IMSI} 1"));
    drop(radio);
    world.station.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_a_detach() {
    let world = world().await;
    drop(world.attached().await);
    assert_eq!(world.told(2).await[1], format!("detached {IMSI} 0"));
}

#[tokio::test]
async fn a_usim_may_resynchronise_once() {
    let world = world().await;
    let mut radio = RadioClient::new(world.station.address());
    radio.send(&attach()).await.unwrap();
    hear(&mut radio).await;
    radio.send(&Up::SyncFailure { auts: AUTS }).await.unwrap();
    let again = Heard::Frame(Down::Challenge {
        rand: FRESH,
        autn: AUTN,
    });
    assert_eq!(hear(&mut radio).await, again);
    radio.send(&Up::SyncFailure { auts: AUTS }).await.unwrap();
    assert_eq!(hear(&mut radio).await, Heard::Lost);
    assert!(world.core.told().is_empty());
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let world = world().await;
    let mut radio = RadioClient::new(world.station.address());
    let unknown = Up::Attach {
        imsi: "001019999999999".to_owned(),
    };
    radio.send(&unknown).await.unwrap();
    assert_eq!(
        hear(&mut radio).await,
        Heard::Frame(Down::Reject { cause: 2 })
    );
    for res in [
        vec![0; 8],
        RES[..7].to_vec(),
        [RES.as_slice(), &[0]].concat(),
    ] {
        radio.send(&attach()).await.unwrap();
        hear(&mut radio).await;
        radio.send(&Up::Answer { res }).await.unwrap();
        let rejected = Heard::Frame(Down::Reject { cause: 3 });
        assert_eq!(hear(&mut radio).await, rejected);
    }
    world.coverage.deny(IMSI);
    radio.send(&attach()).await.unwrap();
    assert_eq!(hear(&mut radio).await, Heard::Frame(Down::NoCell));
    world.coverage.allow(IMSI);
    assert!(world.core.told().is_empty());
    world.attached().await;
}

#[tokio::test]
async fn a_push_is_done_when_the_device_says_so() {
    let world = world().await;
    let mut radio = world.attached().await;
    let channel = world.core.channel();
    let largest = vec![7; MAX_PUSH];
    let pushed = tokio::spawn({
        let (channel, octets) = (channel.clone(), largest.clone());
        async move { channel.push(octets).await }
    });
    let Heard::Frame(Down::Push { reference, octets }) = hear(&mut radio).await else {
        panic!("no push");
    };
    assert_eq!(octets, largest);
    // Another reference is not this one.
    let other = reference.wrapping_add(1);
    radio.send(&Up::Taken { reference: other }).await.unwrap();
    radio.send(&Up::Taken { reference }).await.unwrap();
    assert_eq!(pushed.await.unwrap(), Ok(()));
    assert_eq!(channel.push(vec![0; MAX_PUSH + 1]).await, Err(NotTaken));
    // One that is not answered, and one to a device that is gone.
    assert_eq!(channel.push(vec![1]).await, Err(NotTaken));
    drop(radio);
    world.told(2).await;
    assert_eq!(channel.push(vec![1]).await, Err(NotTaken));
}

/// What the station does with these octets: it answers Hello, and then nothing
/// but the end.
async fn is_cut_off(world: &World, octets: &[u8]) -> bool {
    let mut tcp = TcpStream::connect(world.station.address()).await.unwrap();
    tcp.write_all(octets).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = timeout(HANG, tcp.read_to_end(&mut answer)).await.unwrap();
    answer == [0, 0, 0, 2, 0x80, 1]
}

#[tokio::test]
async fn whoever_breaks_the_rules_is_cut_off() {
    let world = world().await;
    let hello = [0, 0, 0, 2, 0, 1];
    let after = |rest: &[u8]| [hello.as_slice(), rest].concat();
    let bad: Vec<Vec<u8>> = vec![
        // Another version; no Hello; a second one.
        vec![0, 0, 0, 2, 0, 2],
        b"\0\0\0\x10\x01001010000000001".to_vec(),
        after(&hello),
        // Lengths of nothing and of too much; a frame of the other side.
        after(&[0, 0, 0, 0]),
        after(&[0xff, 0xff, 0xff, 0xff]),
        after(&[0, 0, 0, 1, 0x84]),
        after(&[0, 0, 0, 1, 0x7f]),
        // Answers that nobody asked for.
        after(&[0, 0, 0, 9, 2, 1, 2, 3, 4, 5, 6, 7, 8]),
        after(&[vec![0, 0, 0, 15, 3], vec![0; 14]].concat()),
        // Silence, and a frame that never ends.
        hello.to_vec(),
        after(&[0, 0, 0, 16, 1, b'0']),
    ];
    for octets in bad {
        assert!(is_cut_off(&world, &octets).await, "{octets:02x?}");
    }
    world.attached().await;
}

#[tokio::test]
async fn there_are_only_so_many_devices() {
    let world = world().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(world.attached().await);
    }
    let mut radio = RadioClient::new(world.station.address());
    // The connection is made and closed at once.
    let heard = match radio.send(&attach()).await {
        Ok(()) => hear(&mut radio).await,
        Err(_) => Heard::Lost,
    };
    assert_eq!(heard, Heard::Lost);
    held.pop();
    world.told(5).await;
    world.attached().await;
}

#[tokio::test]
async fn a_station_that_ends_takes_all_connections_with_it() {
    let world = world().await;
    let mut radio = world.attached().await;
    world.station.shutdown().await;
    assert_eq!(hear(&mut radio).await, Heard::Lost);
    assert_eq!(
        world.core.told().last().unwrap(),
        &format!("detached {IMSI} 0")
    );
    assert!(
        radio.send(&Up::Detach).await.is_err(),
        "nothing is connected"
    );
}
