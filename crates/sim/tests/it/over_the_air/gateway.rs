//! A sender of command packets that has nothing but the short messages themselves: it
//! repeats a packet until a receipt comes, and takes a receipt's word only with its CC.

use std::collections::VecDeque;
use std::time::Duration;

use clock::Tick;
use sim::net::{Address as Place, Datagram, Endpoint, Moment, SimRandom};
use uicc::packet::{
    Cntr, CommandHeader, Framing, KeySet, Proof, ReceiptTerms, Response, Spi, Status, Tar, wrap,
};
use uicc::sms::{
    Address, Deliver, DeliverReport, Limits, PacketKind, Reassembler, Reference, Submit, Taken,
    Timestamp, UserData, packet_of, parts,
};

use super::phone::{REPORT, SUBMIT};

/// How long it waits for a receipt.
const PATIENCE: Duration = Duration::from_secs(120);

/// What it is told to do, in this order.
pub(super) struct Job {
    pub(super) script: Vec<u8>,
    /// Carried out at all: this script's answer says whether it was, if its own receipt
    /// got lost.
    pub(super) check: Vec<u8>,
}

/// How a job ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// Its own receipt came, or that of the script that looks what came of it.
    pub(super) by_its_own: bool,
    pub(super) answer: Vec<u8>,
}

struct Attempt {
    packet: Vec<u8>,
    cntr: Cntr,
    reference: u8,
    is_check: bool,
    due: Tick,
}

pub(super) struct Gateway {
    phone: Place,
    keys: KeySet,
    spi: Spi,
    tar: Tar,
    cntr: Cntr,
    jobs: VecDeque<Job>,
    attempt: Option<Attempt>,
    outbox: VecDeque<Vec<u8>>,
    incoming: Reassembler,
    pub(super) done: Vec<Done>,
    pub(super) packets: u64,
    pub(super) repeated: u64,
}

impl Gateway {
    pub(super) fn new(phone: Place, keys: KeySet, spi: Spi, tar: Tar, jobs: Vec<Job>) -> Self {
        Self {
            phone,
            keys,
            spi,
            tar,
            cntr: Cntr::default(),
            jobs: jobs.into(),
            attempt: None,
            outbox: VecDeque::new(),
            incoming: Reassembler::new(Limits::default()),
            done: Vec::new(),
            packets: 0,
            repeated: 0,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.attempt.is_none()
    }

    /// The next packet, under the next counter: of the job in front, or of the look at
    /// what came of it.
    fn begin(&mut self, now: Tick, is_check: bool) {
        self.attempt = None;
        let Some(job) = self.jobs.front() else {
            return;
        };
        self.cntr = self.cntr.next().unwrap();
        let header = CommandHeader {
            spi: self.spi,
            kic: self.keys.kic(),
            kid: self.keys.kid(),
            tar: self.tar,
            cntr: self.cntr,
        };
        let data = if is_check { &job.check } else { &job.script };
        self.packets += 1;
        self.attempt = Some(Attempt {
            packet: wrap(Framing::Sms, &header, Some(&self.keys), data).unwrap(),
            cntr: self.cntr,
            reference: u8::try_from(self.cntr.to_u64() % 256).unwrap(),
            is_check,
            due: now,
        });
        self.send(now);
    }

    /// All parts, the first time and each time that no receipt came.
    fn send(&mut self, now: Tick) {
        let attempt = self.attempt.as_mut().unwrap();
        attempt.due = now.plus(PATIENCE);
        let reference = Reference::Short(attempt.reference);
        for part in parts(PacketKind::Command, &attempt.packet, reference).unwrap() {
            let stamp = Timestamp([0x62, 0x11, 0x12, 0x02, 0x00, 0x00, 0x00]);
            let deliver = Deliver::to_card("12345".parse().unwrap(), stamp, part);
            self.outbox.push_back(deliver.encode().unwrap());
        }
    }

    /// A receipt, whoever sent it.
    fn receipt(&mut self, now: Tick, octets: &[u8]) {
        let Some(attempt) = &self.attempt else {
            return;
        };
        let terms = ReceiptTerms {
            spi: self.spi,
            kic: self.keys.kic(),
            kid: self.keys.kid(),
            tar: self.tar,
        };
        let Ok(Response {
            proof: Proof::Verified,
            cntr,
            status,
            data,
            ..
        }) = terms.read(Framing::Sms, Some(&self.keys), octets)
        else {
            return;
        };
        if cntr != attempt.cntr {
            return;
        }
        let is_check = attempt.is_check;
        match status {
            Status::Ok => {
                self.jobs.pop_front();
                self.done.push(Done {
                    by_its_own: !is_check,
                    answer: data,
                });
                self.begin(now, false);
            }
            // It was carried out, and the receipt was lost.
            Status::CounterLow => self.begin(now, true),
            Status::ResponseBySubmit => {}
            other => panic!("{other:?}"),
        }
    }
}

impl Endpoint for Gateway {
    fn handle_datagram(&mut self, at: Moment, _: Place, octets: &[u8], _: &mut SimRandom) {
        let (kind, tpdu) = octets.split_first().unwrap();
        let user_data = match *kind {
            REPORT => {
                let report = DeliverReport::parse(tpdu, false).unwrap();
                report.user_data.map(|(_, user_data)| user_data)
            }
            SUBMIT => {
                let submit = Submit::parse(tpdu).unwrap();
                assert_eq!(submit.destination, "12345".parse::<Address>().unwrap());
                let card = "1".parse().unwrap();
                match self.incoming.take(at.tick, &card, submit.user_data) {
                    Taken::Whole(whole) => Some(whole),
                    _ => None,
                }
            }
            other => panic!("{other}"),
        };
        if let Some(user_data) = user_data {
            self.take(at.tick, &user_data);
        }
    }

    fn poll_transmit(&mut self, at: Moment, _: &mut SimRandom) -> Option<Datagram> {
        if self.attempt.is_none() {
            self.begin(at.tick, false);
        }
        let octets = self.outbox.pop_front()?;
        Some(Datagram {
            to: self.phone,
            octets,
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.attempt.as_ref().map(|attempt| attempt.due)
    }

    fn handle_timeout(&mut self, at: Moment, _: &mut SimRandom) {
        self.repeated += 1;
        self.send(at.tick);
    }
}

impl Gateway {
    fn take(&mut self, now: Tick, user_data: &UserData) {
        let carried = packet_of(user_data).unwrap();
        assert_eq!(carried.kind, PacketKind::Response);
        self.receipt(now, &carried.packet);
    }
}
