//! Whether a device talks to a DPF whose certificate no longer holds
//! (docs/certificate-status.md): over TLS, with a responder over HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::{
    BUILD_TIME, Clock, HardwareClock, Judged, KeptClock, StatusWatch, SystemClock, Validation,
};
use provisioning::Terms;
use store::{DeviceStore, StoreKey};
use tokens::os;
use tokio::sync::watch;
use tokio::task::JoinSet;
use trust::status::{Pin, ValidationPolicy};
use trust::{TimeInterval, TimePolicy};

use crate::world::{Answers, Behaviour, HANG, NEW, Network, OLD, Scripted, World, sho, until};

const TERMS: Terms = Terms {
    t_attach: 60,
    t_ack: 60,
    revert_s: 600,
    retention_s: 3600,
};
const DAY: Duration = Duration::from_secs(86_400);

/// What the device's judgements were: how it was accepted, or the code; and whether
/// the responder answered.
struct Recorder(watch::Sender<Vec<(String, bool)>>);

impl Recorder {
    fn new() -> Arc<Self> {
        Arc::new(Self(watch::channel(Vec::new()).0))
    }

    async fn first(&self) -> (String, bool) {
        let mut seen = self.0.subscribe();
        let all = tokio::time::timeout(HANG, seen.wait_for(|all| !all.is_empty())).await;
        all.unwrap().unwrap()[0].clone()
    }
}

impl StatusWatch for Recorder {
    fn judged(&self, judged: &Judged<'_>) {
        let verdict = match judged.verdict {
            Ok(outcome) => format!("{outcome:?}"),
            Err(code) => code.to_owned(),
        };
        self.0
            .send_modify(|all| all.push((verdict, judged.answered)));
    }
}

fn validation(policy: ValidationPolicy) -> Validation {
    Validation {
        patience: Duration::from_secs(2),
        ..Validation::new(policy)
    }
}

/// The device until its first judgement of the new operator's DPF: what that was,
/// and how many requests the DPF got by then and half a second later.
async fn judged(world: &mut World, leaf: (i64, i64)) -> ((String, bool), usize) {
    let recorder = Recorder::new();
    world.validation().watch = recorder.clone();
    let site = world.site_with_leaf(leaf);
    let (running, _stop, _) = run(world);
    let first = recorder.first().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    running.abort();
    let _ = running.await;
    (first, site.count())
}

type Running = tokio::task::JoinHandle<Result<(), device::Error>>;

fn run(
    world: &World,
) -> (
    Running,
    watch::Sender<bool>,
    watch::Receiver<device::Status>,
) {
    let network = Arc::new(Network::default());
    let device = world.device();
    let status = device.status();
    let (stop, stopped) = watch::channel(false);
    let bearer = Scripted::new(&network, &world.hlr);
    let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    for container in world.containers.clone() {
        network.push(container);
    }
    (running, stop, status)
}

/// Days before and after now that a leaf is valid.
const IN_DATE: (i64, i64) = (-1, 1);

struct Wrong {
    name: &'static str,
    policy: ValidationPolicy,
    answers: Option<Answers>,
    leaf: (i64, i64),
    /// The verdict, and whether the responder answered.
    expected: (&'static str, bool),
}

fn wrong(answers: Answers, expected: (&'static str, bool)) -> Wrong {
    Wrong {
        name: expected.0,
        policy: ValidationPolicy::OcspNonceTime,
        answers: Some(answers),
        leaf: IN_DATE,
        expected,
    }
}

fn cases() -> Vec<Wrong> {
    let answered = [
        (Answers::Revoked, "certificate-revoked"),
        (Answers::Unknown, "certificate-status-unknown"),
        (Answers::Other, "ocsp-certificate-other"),
        (Answers::OldNonce, "ocsp-nonce-wrong"),
        (Answers::NoNonce, "ocsp-nonce-missing"),
        (Answers::WrongKey, "ocsp-signature-wrong"),
        (Answers::Truncated, "ocsp-answer-malformed"),
        (Answers::TryLater, "ocsp-responder-try-later"),
    ];
    let silent = [
        (Answers::Silent, "ocsp-responder-silent"),
        (Answers::Slow, "ocsp-responder-slow"),
        (Answers::NotFound, "ocsp-http-status"),
        (Answers::Redirect, "ocsp-http-status"),
        (Answers::OtherType, "ocsp-content-type-wrong"),
        (Answers::Huge, "ocsp-answer-too-large"),
        (Answers::CutOff, "ocsp-answer-cut-off"),
        (Answers::Garbage, "ocsp-http-malformed"),
    ];
    let mut cases: Vec<Wrong> = answered
        .into_iter()
        .map(|(answers, code)| wrong(answers, (code, true)))
        .chain(
            silent
                .into_iter()
                .map(|(answers, code)| wrong(answers, (code, false))),
        )
        .collect();
    cases.push(Wrong {
        name: "blocked",
        answers: None,
        ..wrong(Answers::Right, ("ocsp-responder-unreachable", false))
    });
    // The device has no clock: it knows from the answer.
    cases.push(Wrong {
        name: "expired",
        leaf: (-2, -1),
        ..wrong(Answers::Right, ("certificate-expired", true))
    });
    cases.push(Wrong {
        name: "future",
        leaf: (1, 2),
        ..wrong(Answers::Right, ("certificate-not-yet-valid", true))
    });
    // Plain OCSP has the hole: it is not in this list.
    cases.push(Wrong {
        name: "stale",
        policy: ValidationPolicy::ClockOcsp,
        ..wrong(Answers::At(-1), ("ocsp-answer-stale", true))
    });
    cases.push(Wrong {
        name: "from-future",
        policy: ValidationPolicy::ClockOcsp,
        ..wrong(Answers::At(1), ("ocsp-answer-from-future", true))
    });
    cases.push(Wrong {
        name: "no-staple",
        policy: ValidationPolicy::Staple,
        ..wrong(Answers::Right, ("certificate-status-no-answer", false))
    });
    cases
}

/// Each with its own code, and not one request reaches the DPF.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_refuses_is_not_talked_to() {
    let mut all = JoinSet::new();
    for (number, case) in cases().into_iter().enumerate() {
        all.spawn(async move {
            let mut world = World::new_long_lived(&format!("status-{number}"), TERMS).await;
            // The policies that need a clock have one, as far as the system's is one.
            let needs = matches!(
                case.policy,
                ValidationPolicy::ClockOcsp | ValidationPolicy::Staple
            );
            let hardware: Option<Arc<dyn HardwareClock>> =
                needs.then(|| Arc::new(SystemClock) as Arc<dyn HardwareClock>);
            world.secure(Clock::Secure(hardware), validation(case.policy));
            let responder = world.ocsp_site(case.answers);
            let (first, requests) = judged(&mut world, case.leaf).await;
            let expected = (case.expected.0.to_owned(), case.expected.1);
            assert_eq!((first, requests), (expected, 0), "{}", case.name);
            drop(responder);
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

/// The change comes to its end, each connection judged by an answer to a nonce of
/// 32 octets; the clock then knows the time for that operator alone, and still does
/// when the device is run again.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_without_a_clock_takes_the_time_from_its_responder() {
    let mut world = World::new("status-right", TERMS).await;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    let recorder = Recorder::new();
    world.validation().watch = recorder.clone();
    let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
    let _site = world.new_site(Behaviour::Right);
    let before = os::now();
    let (running, stop, mut status) = run(&world);
    until(&mut status, |status| {
        status.current_sho == sho(NEW) && status.order.is_none()
    })
    .await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    let judged = recorder.0.borrow().clone();
    assert!(!judged.is_empty());
    assert!(judged.iter().all(|one| *one == ("Good".to_owned(), true)));
    assert_eq!(responder.count(), judged.len());
    for (method, question) in responder.asked.lock().unwrap().iter() {
        assert_eq!(method, "POST");
        assert_eq!(question.nonce().unwrap().octets().len(), 32);
    }
    let view = world.clock_view().unwrap();
    let Some(TimePolicy::Trusted(known)) = view.chains.get(NEW).copied() else {
        panic!("{view:?}");
    };
    // producedAt has whole seconds.
    assert!(
        known.earliest().plus(Duration::from_secs(1)) >= before,
        "{known:?}"
    );
    assert!(known.latest() >= os::now().minus(Duration::from_secs(1)));
    assert!(known.latest().since(known.earliest()) < Duration::from_secs(30));
    assert_eq!(view.chains.len(), 1);
    assert!(matches!(view.global, TimePolicy::Floor(_)));
    assert!(view.generation >= 1);
}

/// What has no nonce can be kept on the way, so it goes by GET.
#[tokio::test(flavor = "multi_thread")]
async fn questions_without_a_nonce_go_by_get() {
    let mut world = World::new("status-get", TERMS).await;
    let hardware = Some(Arc::new(SystemClock) as Arc<dyn HardwareClock>);
    let settings = Validation {
        nonce: false,
        ..validation(ValidationPolicy::ClockOcsp)
    };
    world.secure(Clock::Secure(hardware), settings);
    let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
    let (first, requests) = judged(&mut world, IN_DATE).await;
    assert_eq!(first, ("Good".to_owned(), true));
    assert!(requests > 0);
    let asked = responder.asked.lock().unwrap();
    assert!(
        asked
            .iter()
            .all(|(method, question)| method == "GET" && question.nonce().is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_passes_where_the_owner_says_so_and_a_pin_counts_all_the_same() {
    let mut world = World::new("status-soft", TERMS).await;
    let mut settings = validation(ValidationPolicy::OcspNonceTime);
    settings.status.soft_fail = true;
    world.secure(Clock::Secure(None), settings.clone());
    let blocked = world.ocsp_site(None);
    assert!(blocked.is_none());
    let (first, requests) = judged(&mut world, IN_DATE).await;
    assert_eq!(first, ("Unanswered".to_owned(), false));
    assert!(requests > 0);

    let mut world = World::new("status-pin", TERMS).await;
    settings.status.pin = Some(Pin::Spki([7; 32]));
    world.secure(Clock::Secure(None), settings);
    let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
    let (first, requests) = judged(&mut world, IN_DATE).await;
    assert_eq!((first.0.as_str(), requests), ("certificate-pin-wrong", 0));
    assert_eq!(responder.count(), 0, "no answer would change it");
}

/// Without a responder's URL in the leaf and in the configuration; and one that the
/// configuration names counts before the leaf's.
#[tokio::test(flavor = "multi_thread")]
async fn a_responder_has_to_be_named() {
    let mut world = World::new("status-url", TERMS).await;
    world.ocsp_url = None;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    let (first, requests) = judged(&mut world, IN_DATE).await;
    assert_eq!((first.0.as_str(), requests), ("ocsp-url-missing", 0));

    for (name, url, code) in [
        ("https", "https://ocsp.test/", "ocsp-url-unsupported"),
        (
            "unknown",
            "http://nobody.test/",
            "ocsp-responder-unreachable",
        ),
    ] {
        let mut world = World::new(&format!("status-url-{name}"), TERMS).await;
        let settings = Validation {
            responder: Some(url.to_owned()),
            ..validation(ValidationPolicy::OcspNonceTime)
        };
        world.secure(Clock::Secure(None), settings);
        let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
        let (first, requests) = judged(&mut world, IN_DATE).await;
        assert_eq!((first.0.as_str(), requests), (code, 0));
        assert_eq!(responder.count(), 0);
    }
}

/// A clock of the device's own that shows this.
struct Shows(Mutex<TimeInterval>);

impl HardwareClock for Shows {
    fn now(&self) -> Option<TimeInterval> {
        Some(*self.0.lock().unwrap())
    }
}

/// The device's own clock was set back by a year: the floor that was stored knows,
/// and only a policy that needs no clock goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_does_not_count() {
    for (policy, expected) in [
        (ValidationPolicy::Clock, "clock-set-back"),
        (ValidationPolicy::ClockOcsp, "clock-set-back"),
        (ValidationPolicy::OcspNonceTime, "Good"),
    ] {
        let mut world = World::new(&format!("status-back-{policy}"), TERMS).await;
        // Somebody heard the time before, so that the floor is today.
        let year_ago = TimeInterval::exactly(os::now().minus(365 * DAY));
        let hardware = Arc::new(Shows(Mutex::new(year_ago)));
        world.secure(Clock::Secure(Some(hardware)), validation(policy));
        world.keep_floor(os::now());
        let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
        let (first, requests) = judged(&mut world, IN_DATE).await;
        assert_eq!(first.0, expected, "{policy}");
        assert_eq!(requests > 0, expected == "Good", "{policy}");
        assert_eq!(responder.count() > 0, expected == "Good", "{policy}");
    }
}

/// A responder that says 2099: what is its own operator's has expired by then; for
/// nobody else is anything different.
#[tokio::test(flavor = "multi_thread")]
async fn a_responder_that_says_2099_harms_its_own_operator_alone() {
    let mut world = World::new_long_lived("status-2099", TERMS).await;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    let _responder = world.ocsp_site(Some(Answers::At(73 * 365)));
    let (first, requests) = judged(&mut world, IN_DATE).await;
    assert_eq!((first.0.as_str(), requests), ("certificate-expired", 0));
    let view = world.clock_view().unwrap();
    let century = os::now().plus(72 * 365 * DAY);
    assert!(view.chains[NEW].floor() > century, "{view:?}");
    assert!(view.global.floor() < os::now(), "{view:?}");
    assert_eq!(view.lead, Duration::ZERO);
}

/// The owner has a clock set before the device is switched on: by a responder, or by
/// a server that names one. The device in the world begins with the old operator.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_is_set_from_the_present_operator_s_responder() {
    let mut world = World::new("status-set", TERMS).await;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    let url = world.ocsp_url_of(OLD);
    let mut device = world.device();
    let refused = device.set_clock(&url).await.unwrap_err();
    assert_eq!(
        refused.code(),
        "ocsp-responder-unreachable",
        "nobody is there yet"
    );
    let responder = world.ocsp_site_of(OLD, Answers::Right).await;
    let site = world.old_site();
    let https = format!("https://dpf.{}/", crate::world::domain(OLD));
    for (url, asked) in [(url.as_str(), 1), (https.as_str(), 2)] {
        let before = os::now().minus(Duration::from_secs(1));
        let set = device.set_clock(url).await.unwrap();
        assert_eq!(set.chain, OLD);
        assert!(set.heard.earliest() >= before && set.heard.earliest() <= os::now());
        assert_eq!(responder.count(), asked);
    }
    assert_eq!(site.count(), 0, "only its certificate was looked at");
    let view = device.clock().unwrap();
    assert!(matches!(view.chains[OLD], TimePolicy::Trusted(_)));
    drop(device);
    let stored = world.clock_view().unwrap();
    assert!(matches!(stored.chains[OLD], TimePolicy::Trusted(_)));
    // Another operator's server is none of this one's.
    let elsewhere = world.site_with_leaf(IN_DATE);
    let https = format!("https://dpf.{}/", crate::world::domain(NEW));
    let mut device = world.device();
    assert_eq!(
        device.set_clock(&https).await.unwrap_err().code(),
        "certificate-chain-invalid"
    );
    drop((device, elsewhere, responder));
    // An answer of yesterday contradicts the clock.
    let responder = world.ocsp_site_of(OLD, Answers::At(-1)).await;
    let mut device = world.device();
    let refused = device.set_clock(&world.ocsp_url_of(OLD)).await.unwrap_err();
    assert_eq!(refused.code(), "ocsp-answer-stale");
    drop((device, responder));
    world.secure(Clock::Trusted, validation(ValidationPolicy::Clock));
    let refused = world.device().set_clock("http://ocsp.test/").await;
    assert_eq!(refused.unwrap_err().code(), "clock-not-secure");
    assert!(world.device().clock().is_none());
}

/// A DM server under an authority of the owner's, as on the web and by its status.
#[tokio::test(flavor = "multi_thread")]
async fn a_management_server_is_judged_by_its_status_too() {
    for (number, answers, code) in [
        (0, Some(Answers::Right), None),
        (1, Some(Answers::Revoked), Some("certificate-revoked")),
        (2, Some(Answers::OldNonce), Some("ocsp-nonce-wrong")),
        (3, None, Some("ocsp-responder-unreachable")),
    ] {
        let mut world = World::new(&format!("status-managed-{number}"), TERMS).await;
        let _responder = world.ocsp_site(answers);
        let site = world.site_with_leaf(IN_DATE);
        let pem = world.anchor_pem(NEW);
        let policy = Some(validation(ValidationPolicy::ClockOcsp));
        let config =
            device::management_tls(&pem, tls::Profile::ThreeGpp, policy, world.hosts()).unwrap();
        let refused = world.connect(&config).await.err();
        assert_eq!(refused.map(|error| error.code()), code);
        // Without a policy nobody is asked.
        let config =
            device::management_tls(&pem, tls::Profile::ThreeGpp, None, world.hosts()).unwrap();
        world.connect(&config).await.unwrap();
        drop(site);
    }
    // Another authority, before its status is anybody's business.
    let mut world = World::new("status-managed-other", TERMS).await;
    let responder = world.ocsp_site(Some(Answers::Right)).unwrap();
    let _site = world.site_with_leaf(IN_DATE);
    let policy = Some(validation(ValidationPolicy::ClockOcsp));
    let config = device::management_tls(
        &world.anchor_pem(OLD),
        tls::Profile::ThreeGpp,
        policy,
        world.hosts(),
    )
    .unwrap();
    let refused = world.connect(&config).await.err().unwrap();
    assert_eq!(refused.code(), "server-certificate-refused");
    assert_eq!(responder.count(), 0);
}

/// An address among the names is as good as any on the web; the operator change has
/// no use for it, so that the status can't be judged.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_can_t_be_judged_is_named() {
    let mut world = World::new("status-managed-address", TERMS).await;
    let pem = world.serve_with_address();
    let config = device::management_tls(&pem, tls::Profile::ThreeGpp, None, world.hosts()).unwrap();
    world.connect(&config).await.unwrap();
    let policy = Some(validation(ValidationPolicy::ClockOcsp));
    let config =
        device::management_tls(&pem, tls::Profile::ThreeGpp, policy, world.hosts()).unwrap();
    let refused = world.connect(&config).await.err().unwrap();
    assert_eq!(refused.code(), "server-certificate-outside-profile");
}

/// An old copy of the store is put back, the counter is not: the device does not
/// start. Its owner may have it begin anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_clock_is_noticed() {
    let mut world = World::new("status-restored", TERMS).await;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    world.keep_floor(BUILD_TIME.plus(DAY));
    let copy = std::fs::read(world.database()).unwrap();
    world.keep_floor(BUILD_TIME.plus(2 * DAY));
    drop(world.device());
    std::fs::write(world.database(), copy).unwrap();
    let refused = world.try_device().err().unwrap();
    assert_eq!(refused.code(), "clock-state-restored");
    let refused = world.clock_view().unwrap_err();
    assert_eq!(refused.code(), "clock-state-restored");
    // Nothing at all, though the counter has moved.
    let raw = rusqlite::Connection::open(world.database()).unwrap();
    raw.execute("DELETE FROM kept", []).unwrap();
    drop(raw);
    let refused = world.try_device().err().unwrap();
    assert_eq!(refused.code(), "clock-state-missing");
    world.reset_clock();
    drop(world.try_device().unwrap());
    let floor = world.clock_view().unwrap().global.floor();
    assert!(
        (BUILD_TIME..BUILD_TIME.plus(DAY)).contains(&floor),
        "{floor}"
    );
}

/// The power fails between the store and the counter.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_one_ahead_of_its_counter_counts() {
    let mut world = World::new("status-ahead", TERMS).await;
    world.secure(
        Clock::Secure(None),
        validation(ValidationPolicy::OcspNonceTime),
    );
    world.keep_floor(BUILD_TIME.plus(DAY));
    let counter = world.clock_counter();
    let before = std::fs::read(&counter).unwrap();
    world.keep_floor(BUILD_TIME.plus(2 * DAY));
    std::fs::write(&counter, before).unwrap();
    drop(world.try_device().unwrap());
    let view = world.clock_view().unwrap();
    assert_eq!(view.generation, 2);
    assert!(view.global.floor() >= BUILD_TIME.plus(DAY));
    // The counter was raised when the device started: the one before is refused.
    let mut counted = [0; 8];
    counted.copy_from_slice(&std::fs::read(&counter).unwrap()[..8]);
    assert_eq!(u64::from_be_bytes(counted), 2);
}

impl World {
    fn store(&self) -> DeviceStore {
        let key = StoreKey::new(1, self.key().secret()).unwrap();
        DeviceStore::open(&self.database(), key).unwrap()
    }

    fn clock_view(&self) -> Result<device::ClockView, device::Error> {
        KeptClock::view(&self.store(), &self.clock_counter(), &self.key())
    }

    /// Has the device know that it is not before this: its own clock said so, and
    /// then the machine was started anew.
    fn keep_floor(&self, floor: clock::Timestamp) {
        let mut store = self.store();
        let shows = Arc::new(Shows(Mutex::new(TimeInterval::exactly(floor))));
        let clock = KeptClock::open(&store, &self.clock_counter(), &self.key(), Some(shows));
        let mut clock = clock.unwrap();
        let known = clock.read("any");
        assert_eq!(known.floor(), floor);
        clock.keep(&mut store, Duration::ZERO).unwrap();
        let octets = store.kept("clock").unwrap().unwrap();
        let mut state: serde_json::Value = serde_json::from_slice(octets.expose()).unwrap();
        assert!(state["dials"]["boot"].is_string());
        state["dials"]["boot"] = "another".into();
        store.keep("clock", state.to_string().as_bytes()).unwrap();
    }

    fn reset_clock(&self) {
        let mut store = self.store();
        KeptClock::reset(&mut store, &self.clock_counter(), &self.key()).unwrap();
    }
}
