//! Levels of assurance (ISO/IEC 29115 clause 6): each asks for no less than the one
//! below it, and its profile does what the level says.

use tls::{Assurance, ClientProof, Profile, Version};

fn levels() -> Vec<Assurance> {
    (1..=4)
        .map(|level| Assurance::numbered(level).unwrap())
        .collect()
}

#[test]
fn each_level_asks_for_no_less_than_the_one_below() {
    let levels = levels();
    for pair in levels.windows(2) {
        let [lower, higher] = pair else { panic!() };
        assert!(lower.oldest() <= higher.oldest());
        assert!(lower.client_authentication() < higher.client_authentication());
        let weaker = |policy: &&str| lower.status().contains(policy);
        assert!(higher.status().iter().all(weaker));
        assert!(lower.soft_fail() || !higher.soft_fail());
    }
    assert_eq!(
        levels.iter().map(|one| one.number()).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    for other in [0, 5] {
        let error = Assurance::numbered(other).unwrap_err();
        assert!(error.to_string().contains("levels are 1 to 4"), "{error}");
    }
}

#[test]
fn profiles_are_those_of_the_page() {
    let profiles: Vec<Profile> = levels().iter().map(|one| one.profile().unwrap()).collect();
    let [one, two, three, four] = profiles.as_slice() else {
        panic!()
    };
    assert_eq!(*one, Profile::Dm);
    assert_eq!(two.versions(), (Version::Tls1_2, Version::Tls1_3));
    let names = |profile: &Profile| -> Vec<_> {
        let suites = profile.suites().into_iter();
        suites.map(|suite| suite.name).collect()
    };
    // The paper's 13 and the three of TLS 1.3; ours for old versions are left out.
    assert_eq!(names(two).len(), 16);
    assert!(names(two).iter().all(|name| !name.ends_with("_CBC_SHA")));
    assert_eq!(*three, Profile::ThreeGpp);
    assert_eq!(four.versions(), (Version::Tls1_3, Version::Tls1_3));
    assert_eq!(
        names(four),
        [
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
        ]
    );
}

#[test]
fn the_two_upper_levels_have_no_soft_fail_and_know_the_client_by_the_handshake() {
    for level in levels() {
        let upper = level.number() > 2;
        assert_eq!(level.soft_fail(), !upper);
        let by_handshake = level.client_authentication() >= ClientProof::Handshake;
        assert_eq!(by_handshake, upper);
        // Plain OCSP can't tell that a certificate has expired.
        assert_eq!(level.status().contains(&"ocsp"), !upper);
    }
}
