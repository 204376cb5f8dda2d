//! PCIDs (docs/pcids.md): what a TRE says when it erases its own, and many
//! devices that share one, in virtual time.

use std::time::Duration;

use clock::Timestamp;
use provisioning::ProvisioningError;
use provisioning::agent::Turns;
use provisioning::donor::Home;
use provisioning::effect::Effect;
use provisioning::hold::{Hold, Lease};
use sim::net::SimRandom;
use tre::TreId;

use crate::world::{Device, World, code, sho};

const RO: &str = "001-01";

/// What the operator makes of a TRE's word.
fn dropped(
    world: &mut World,
    name: &str,
    device: &Device,
    octets: &[u8],
) -> Result<Vec<Effect>, ProvisioningError> {
    let now = world.now;
    let operator = world.operator(name);
    let mut record = operator.subscription(device.tre_id().as_str()).unwrap();
    let result = record.pcid_dropped(now, &sho(name), octets);
    operator.put_subscription(&record);
    result
}

#[test]
fn a_tre_erases_its_pcid_only_when_it_is_of_no_use_and_says_so_once() {
    let mut world = World::new(61);
    let mut device = world.device();
    let pcid = device.tre().active_imsi().clone();
    assert!(!device.tre().can_drop_pcid());
    let refused = code(device.with(|tre| tre.drop_pcid()));
    assert_eq!(refused.code(), "pcid-active");
    world.complete_move(&mut device, "001-02");
    assert!(device.tre().can_drop_pcid());
    let report = device.with(|tre| tre.drop_pcid()).unwrap().unwrap();
    assert!(device.with(|tre| tre.drop_pcid()).unwrap().is_none());
    device.reboot();
    assert!(!device.tre().can_drop_pcid() && !device.tre().is_on_pcid());
    let effects = dropped(&mut world, RO, &device, &report.octets).unwrap();
    assert!(matches!(effects.as_slice(), [Effect::DropPcid { imsi, .. }] if *imsi == pcid));
    let record = world.operators[&sho(RO)]
        .subscription(device.tre_id().as_str())
        .unwrap();
    assert_eq!(record.home(), &Home::Gone);
    assert!(!record.owns_number());
    let again = dropped(&mut world, RO, &device, &report.octets).unwrap();
    assert!(again.is_empty(), "said twice, done once");
    // Its retention deletes nothing that is another device's by now.
    let late = world.now.plus(Duration::from_secs(400 * 86_400));
    let operator = world.operator(RO);
    let mut record = operator.subscription(device.tre_id().as_str()).unwrap();
    let effects = record.handle_timeout(late);
    let deletes = effects
        .iter()
        .filter(|it| matches!(it, Effect::DeleteSubscriber(_)));
    assert_eq!(deletes.count(), 0);
    world.complete_move(&mut device, RO);
}

#[test]
fn only_the_tre_s_own_word_to_the_pcid_s_operator_counts() {
    let mut world = World::new(62);
    let (mut device, mut other) = (world.device(), world.device());
    world.complete_move(&mut device, "001-02");
    world.complete_move(&mut other, "001-02");
    let report = device.with(|tre| tre.drop_pcid()).unwrap().unwrap();
    // Under another TRE's certificate the signature is wrong.
    let refused = code(dropped(&mut world, RO, &other, &report.octets));
    assert_eq!(refused.code(), "signature-invalid");
    let refused = code(dropped(&mut world, "001-02", &device, &report.octets));
    assert_eq!(refused.code(), "pcid-dropped-other-sho");
    let text = String::from_utf8(report.octets.clone()).unwrap();
    let changed = text.replace("<Seq>", "<Seq>1");
    let refused = code(dropped(&mut world, RO, &device, changed.as_bytes()));
    assert_eq!(refused.code(), "digest-mismatch");
    // A device that is home by the very PCID can't have dropped it: a copy.
    let operator = world.operator(RO);
    let mut record = operator.subscription(device.tre_id().as_str()).unwrap();
    let stored = serde_json::to_value(&record).unwrap();
    let mut stored = stored;
    stored["home"] = serde_json::json!({ "is": "here" });
    record = serde_json::from_value(stored).unwrap();
    let refused = code(record.pcid_dropped(Timestamp::default(), &sho(RO), &report.octets));
    assert_eq!(refused.code(), "pcid-in-use");
    dropped(&mut world, RO, &device, &report.octets).unwrap();
}

#[test]
fn a_pcid_of_an_earlier_stay_is_given_back_too() {
    let mut world = World::new(63);
    let mut device = world.device();
    let pcid = device.tre().active_imsi().clone();
    world.complete_move(&mut device, "001-02");
    world.complete_move(&mut device, RO);
    let report = device.with(|tre| tre.drop_pcid()).unwrap().unwrap();
    let effects = dropped(&mut world, RO, &device, &report.octets).unwrap();
    assert!(matches!(effects.as_slice(), [Effect::DropPcid { imsi, .. }] if *imsi == pcid));
    let record = world.operators[&sho(RO)]
        .subscription(device.tre_id().as_str())
        .unwrap();
    assert_eq!(record.home(), &Home::Here);
    assert!(record.owns_number());
    assert!(
        dropped(&mut world, RO, &device, &report.octets)
            .unwrap()
            .is_empty()
    );
}

/// One device of a group.
struct Sharer {
    tre_id: TreId,
    failures: u32,
    /// When it does something next, in milliseconds.
    next: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Outside,
    Authenticating,
    Attached,
    Done,
}

struct Run {
    longest: usize,
    ended: u64,
    refused: u32,
    done: usize,
}

/// A group whose devices are switched on at drawn moments, each until it was in
/// the network once. Some lose their power there, some while they authenticate;
/// nobody hears of it then.
fn share(seed: u64, devices: u32, guarded: bool) -> Run {
    let (turns, lease) = (Turns::default(), Lease::default());
    let start = Timestamp::from_unix_seconds(1_767_225_600);
    let mut random = SimRandom::from_seed(seed);
    let mut hold = Hold::default();
    let mut sharers: Vec<Sharer> = (0..devices)
        .map(|number| {
            let tre_id: TreId = format!("urn:x-rehome:tre:acme:{number:032x}")
                .parse()
                .unwrap();
            let on = random.next_u64() % 60_000;
            let at = Duration::from_millis(on);
            let pause = turns.pause(&tre_id, at, 0, random.next_u64());
            Sharer {
                tre_id,
                failures: 0,
                next: on + u64::try_from(pause.as_millis()).unwrap(),
                state: State::Outside,
            }
        })
        .collect();
    let mut run = Run {
        longest: 0,
        ended: 0,
        refused: 0,
        done: 0,
    };
    for _ in 0..1_000_000 {
        let next = sharers
            .iter_mut()
            .filter(|it| it.state != State::Done)
            .min_by_key(|it| it.next);
        let Some(sharer) = next else { break };
        let at = sharer.next;
        let now = start.plus(Duration::from_millis(at));
        let later = |sharer: &mut Sharer, random: &mut SimRandom| {
            sharer.state = State::Outside;
            sharer.failures += 1;
            let since = Duration::from_millis(at);
            let pause = turns.pause(&sharer.tre_id, since, sharer.failures, random.next_u64());
            sharer.next = at + u64::try_from(pause.as_millis()).unwrap().max(1);
        };
        match sharer.state {
            State::Outside => {
                let asked = hold.ask("vno", false, now, &lease);
                if asked.is_err() && guarded {
                    run.refused += 1;
                    later(sharer, &mut random);
                } else {
                    sharer.state = State::Authenticating;
                    sharer.next = at + 1 + random.next_u64() % 3000;
                }
            }
            State::Authenticating if random.next_u64().is_multiple_of(8) => {
                // Power lost: on again, with nothing remembered.
                later(sharer, &mut random);
                sharer.failures = 0;
            }
            State::Authenticating => {
                let located = hold.locate("vno", now, &lease);
                assert!(located.is_ok() || !guarded);
                sharer.state = State::Attached;
                let stay = u64::try_from(turns.stay.as_millis()).unwrap();
                sharer.next = at + 1 + random.next_u64() % stay;
            }
            State::Attached => {
                sharer.state = State::Done;
                run.done += 1;
                // One in eight is switched off without a word.
                if !random.next_u64().is_multiple_of(8) {
                    hold.purge("vno");
                }
                run.ended = at;
            }
            State::Done => {}
        }
        let inside = sharers
            .iter()
            .filter(|it| it.state == State::Attached)
            .count();
        run.longest = run.longest.max(inside);
    }
    run
}

#[test]
fn many_devices_share_a_pcid_all_get_through_and_never_two_at_once() {
    for seed in 0..40 {
        for devices in [2, 9, 30] {
            let run = share(seed, devices, true);
            assert_eq!(run.done, devices as usize, "seed {seed}: all get through");
            assert_eq!(run.longest, 1, "seed {seed}: never two at once");
            // Each at most its lease, and as long again for turns.
            let most = u64::from(devices) * 2 * 300_000 + 64 * 64_000;
            assert!(run.ended < most, "seed {seed}: {} of {most} ms", run.ended);
        }
    }
    // The guard is what does it: without it the same devices meet.
    let unguarded = (0..40).map(|seed| share(seed, 9, false).longest);
    assert!(unguarded.max().unwrap() > 1);
    assert!((0..40).any(|seed| share(seed, 9, true).refused > 0));
}
