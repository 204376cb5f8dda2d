//! The network as a script: it challenges with the HLR's vectors, pushes what it
//! is given, and may have no cell for some.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aka::{AuthenticationVector, Imsi};
use device::{Bearer, Downlink, Error, Uplink};
use tls::http::Hosts;
use tokio::sync::Notify;

use super::Hlr;

/// What the test steers, and what the device did.
#[derive(Default)]
pub struct Network {
    /// Pushes to give once the device is attached.
    pub pushes: Mutex<VecDeque<Vec<u8>>>,
    /// IMSIs without a cell.
    pub no_cell: Mutex<Vec<String>>,
    /// References that the device has taken.
    pub taken: Mutex<Vec<u32>>,
    /// IMSIs that attached.
    pub attached: Mutex<Vec<String>>,
    /// What the packet gateway lets through, by IMSI; all of it where none is
    /// named.
    pub gateway: Mutex<HashMap<String, Hosts>>,
    /// How often the device has left.
    pub left: AtomicUsize,
    changed: Notify,
}

impl Network {
    pub fn push(&self, octets: Vec<u8>) {
        self.pushes.lock().unwrap().push_back(octets);
        self.changed.notify_one();
    }
}

pub struct Scripted {
    network: Arc<Network>,
    hlr: Arc<Mutex<Hlr>>,
    queue: VecDeque<Downlink>,
    asked: Option<(Imsi, AuthenticationVector)>,
    here: bool,
    reference: u32,
}

impl Scripted {
    pub fn new(network: &Arc<Network>, hlr: &Arc<Mutex<Hlr>>) -> Self {
        Self {
            network: network.clone(),
            hlr: hlr.clone(),
            queue: VecDeque::new(),
            asked: None,
            here: false,
            reference: 0,
        }
    }

    fn attach(&mut self, imsi: Imsi) -> Downlink {
        self.here = false;
        let denied = self.network.no_cell.lock().unwrap();
        if denied.iter().any(|number| number == imsi.digits()) {
            return Downlink::NoCell;
        }
        match self.hlr.lock().unwrap().vector(&imsi) {
            None => Downlink::Reject(2),
            Some(vector) => {
                let challenge = Downlink::Challenge(vector.rand, vector.autn);
                self.asked = Some((imsi, vector));
                challenge
            }
        }
    }
}

impl Bearer for Scripted {
    async fn send(&mut self, uplink: Uplink) -> Result<(), Error> {
        let answer = match uplink {
            Uplink::Attach(imsi) => self.attach(imsi),
            Uplink::Answer(res) => {
                let (imsi, vector) = self.asked.take().expect("a challenge");
                assert!(res.ct_eq(&vector.xres));
                self.here = true;
                self.network
                    .attached
                    .lock()
                    .unwrap()
                    .push(imsi.digits().to_owned());
                Downlink::Accept("001-99".to_owned())
            }
            Uplink::Taken(reference) => {
                self.network.taken.lock().unwrap().push(reference);
                return Ok(());
            }
            Uplink::SyncFailure(_) => panic!("the numbers went back"),
            Uplink::Detach => {
                self.here = false;
                self.network.left.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
        };
        self.queue.push_back(answer);
        Ok(())
    }

    fn reachable(&self, imsi: &Imsi) -> Option<Hosts> {
        let gateway = self.network.gateway.lock().unwrap();
        gateway.get(imsi.digits()).cloned()
    }

    async fn receive(&mut self) -> Downlink {
        loop {
            if let Some(next) = self.queue.pop_front() {
                return next;
            }
            let push = self
                .network
                .pushes
                .lock()
                .unwrap()
                .pop_front()
                .filter(|_| self.here);
            if let Some(octets) = push {
                self.reference += 1;
                return Downlink::Push(self.reference, octets);
            }
            self.network.changed.notified().await;
        }
    }
}
