//! The driver finds what is there to be found, and makes it small.

use fuzz::{Target, drive};

use crate::alone;

fn no_questions(octets: &[u8]) {
    assert!(!octets.windows(2).any(|pair| pair == b"?p"), "a question");
}

const TARGET: Target = Target {
    name: "test",
    claim: "no question",
    run: no_questions,
    corpus: || vec![b"./A/x".repeat(20), b"<Get><Item>".to_vec()],
};

#[test]
fn a_broken_claim_is_found_made_small_and_found_again() {
    let _alone = alone();
    let found = |seed| drive::run(&TARGET, seed, |count| count < 100_000).unwrap_err();
    let failure = found(1);
    assert_eq!(
        (failure.octets.as_slice(), failure.message.as_str()),
        (&b"?p"[..], "a question")
    );
    assert!(drive::check(&TARGET, &failure.octets).is_err());
    assert!(drive::check(&TARGET, b"?").is_ok());
}

#[test]
fn it_ends_when_it_is_told() {
    let _alone = alone();
    let target = Target {
        run: |_| {},
        ..TARGET
    };
    assert_eq!(drive::run(&target, 1, |count| count < 7).unwrap(), 7);
}
