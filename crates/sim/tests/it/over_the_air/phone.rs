//! A mobile with a card whose state is in a directory, and which loses power now and
//! then.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use clock::Tick;
use sim::card::{StoredCard, deliver, start};
use sim::net::{Address as Place, Datagram, Endpoint, Moment, PerMille, SimRandom};

/// What a datagram to the gateway is.
pub(super) const REPORT: u8 = 0;
pub(super) const SUBMIT: u8 = 1;

/// How often the power goes after a message.
const POWER_LOSS: PerMille = PerMille(200);

pub(super) struct Phone {
    gateway: Place,
    directory: PathBuf,
    card: Option<StoredCard>,
    outbox: VecDeque<Vec<u8>>,
    /// What each of the watched files has held, one content after the other.
    pub(super) held: BTreeMap<&'static str, Vec<Vec<u8>>>,
    pub(super) resets: u64,
}

impl Phone {
    /// With the card of a directory, whose files at these paths are watched.
    pub(super) fn new(gateway: Place, directory: PathBuf, watched: &[&'static str]) -> Self {
        let mut phone = Self {
            gateway,
            directory,
            card: None,
            outbox: VecDeque::new(),
            held: watched.iter().map(|path| (*path, Vec::new())).collect(),
            resets: 0,
        };
        phone.power_on();
        phone.watch();
        phone
    }

    /// What the card brings back of its own accord goes out first.
    fn power_on(&mut self) {
        self.card = None;
        let mut card = StoredCard::open(&self.directory).unwrap();
        let submits = start(&mut card).unwrap();
        self.card = Some(card);
        self.say(SUBMIT, submits);
    }

    fn say(&mut self, kind: u8, tpdus: Vec<Vec<u8>>) {
        let marked = tpdus.into_iter().map(|tpdu| [&[kind], &tpdu[..]].concat());
        self.outbox.extend(marked);
    }

    fn watch(&mut self) {
        let state = self.card.as_ref().unwrap().card().state();
        for (path, held) in &mut self.held {
            let content = state.files().find(path).unwrap().content.octets();
            if held.last() != Some(&content) {
                held.push(content);
            }
        }
    }

    pub(super) fn card(&self) -> &StoredCard {
        self.card.as_ref().unwrap()
    }
}

impl Endpoint for Phone {
    fn handle_datagram(&mut self, _: Moment, _: Place, octets: &[u8], random: &mut SimRandom) {
        let delivered = deliver(self.card.as_mut().unwrap(), octets).unwrap();
        let (report, is_error) = delivered.report;
        assert!(!is_error, "{:?}", delivered.status);
        self.say(REPORT, vec![report]);
        self.say(SUBMIT, delivered.submits);
        self.watch();
        if random.chance(POWER_LOSS) {
            self.resets += 1;
            self.power_on();
            self.watch();
        }
    }

    fn poll_transmit(&mut self, _: Moment, _: &mut SimRandom) -> Option<Datagram> {
        let octets = self.outbox.pop_front()?;
        Some(Datagram {
            to: self.gateway,
            octets,
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        None
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {}
}
