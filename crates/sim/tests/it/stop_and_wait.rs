//! A stop-and-wait sender and its receiver, the smallest pair that needs every
//! part of the harness.

use std::time::Duration;

use clock::Tick;
use sim::net::{
    Address, Conditions, Datagram, Endpoint, Moment, Net, Outcome, Pair, PerMille, SimRandom,
    for_each_seed, replay_line,
};

const NUMBERS: u8 = 20;
const PATIENCE: Duration = Duration::from_secs(3);
const LIMIT: Duration = Duration::from_secs(3600);

#[derive(Default)]
struct Sender {
    acknowledged: u8,
    due: Option<Tick>,
    waiting: bool,
}

#[derive(Default)]
struct Receiver {
    arrived: Vec<u8>,
    reply: Option<u8>,
}

type Toy = Pair<Sender, Receiver>;

impl Endpoint for Sender {
    fn handle_datagram(&mut self, _: Moment, from: Address, octets: &[u8], _: &mut SimRandom) {
        assert_eq!(from, Toy::B);
        if octets == [self.acknowledged] {
            self.acknowledged += 1;
            self.waiting = false;
        }
    }

    fn poll_transmit(&mut self, at: Moment, _: &mut SimRandom) -> Option<Datagram> {
        if self.waiting || self.acknowledged == NUMBERS {
            return None;
        }
        self.waiting = true;
        self.due = Some(at.tick.plus(PATIENCE));
        Some(Datagram {
            to: Toy::B,
            octets: vec![self.acknowledged],
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.due.filter(|_| self.waiting)
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {
        self.waiting = false;
    }
}

impl Endpoint for Receiver {
    fn handle_datagram(&mut self, _: Moment, from: Address, octets: &[u8], _: &mut SimRandom) {
        assert_eq!(from, Toy::A);
        let [number] = octets else {
            panic!("not one octet")
        };
        if usize::from(*number) == self.arrived.len() {
            self.arrived.push(*number);
        }
        self.reply = Some(*number);
    }

    fn poll_transmit(&mut self, _: Moment, _: &mut SimRandom) -> Option<Datagram> {
        self.reply.take().map(|number| Datagram {
            to: Toy::A,
            octets: vec![number],
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        None
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {}
}

fn toy(seed: u64, conditions: Conditions) -> Toy {
    Pair::new(seed, conditions, Sender::default(), Receiver::default())
}

#[test]
fn everything_arrives_in_order_whatever_the_network_does() {
    let (mut lost, mut doubled) = (0, 0);
    for_each_seed(
        "sim",
        "stop_and_wait::everything_arrives_in_order_whatever_the_network_does",
        200,
        |seed| {
            let mut pair = toy(seed, Conditions::BAD);
            let outcome = pair.run(LIMIT, |sender, _| sender.acknowledged == NUMBERS);
            assert_eq!(outcome, Outcome::Reached, "seed {seed}");
            let expected: Vec<u8> = (0..NUMBERS).collect();
            assert_eq!(pair.b().unwrap().arrived, expected, "seed {seed}");
            lost += pair.traffic().lost;
            doubled += pair.traffic().doubled;
        },
    );
    assert!(
        lost > 0 && doubled > 0,
        "the network was too good to test with"
    );
}

#[test]
fn a_seed_replays_the_same_run() {
    let run = |seed| {
        let mut pair = toy(seed, Conditions::BAD);
        pair.run(LIMIT, |sender, _| sender.acknowledged == NUMBERS);
        (pair.traffic(), pair.net.now())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn a_perfect_network_takes_one_round_trip_for_each_number() {
    let mut pair = toy(0, Conditions::PERFECT);
    assert_eq!(
        pair.run(LIMIT, |sender, _| sender.acknowledged == NUMBERS),
        Outcome::Reached
    );
    assert_eq!(pair.traffic().sent, 2 * u64::from(NUMBERS));
    let start = Moment::START;
    let elapsed = Duration::from_millis(20) * u32::from(NUMBERS);
    assert_eq!(pair.net.now().tick.since(start.tick), elapsed);
    assert_eq!(pair.net.now().utc.since(start.utc), elapsed);
}

#[test]
fn a_dead_network_runs_out_of_time() {
    let dead = Conditions {
        loss: PerMille(1000),
        ..Conditions::PERFECT
    };
    let mut pair = toy(0, dead);
    assert_eq!(pair.run(LIMIT, |_, _| false), Outcome::OutOfTime);
    assert!(pair.b().unwrap().arrived.is_empty());
}

/// Its deadline never moves.
struct Stubborn;

impl Endpoint for Stubborn {
    fn handle_datagram(&mut self, _: Moment, _: Address, _: &[u8], _: &mut SimRandom) {}

    fn poll_transmit(&mut self, _: Moment, _: &mut SimRandom) -> Option<Datagram> {
        None
    }

    fn poll_timeout(&self) -> Option<Tick> {
        Some(Tick::ZERO)
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {}
}

#[test]
fn a_deadline_that_does_not_move_ends_the_run() {
    let mut net = Net::new(0, Conditions::PERFECT, vec![Stubborn]);
    assert_eq!(net.run(LIMIT, |_| false), Outcome::Livelock);
}

#[test]
fn a_finished_run_falls_quiet() {
    let mut pair = toy(0, Conditions::PERFECT);
    assert_eq!(pair.run(LIMIT, |_, _| false), Outcome::Quiet);
    assert_eq!(pair.a().unwrap().acknowledged, NUMBERS);
}

#[test]
fn the_replay_line_names_the_seed_and_the_test() {
    assert_eq!(
        replay_line("dm", "sessions::lossy", 17),
        "REHOME_SEED=17 cargo test -p dm --test it -- --exact sessions::lossy"
    );
}
