//! Runs a target over its corpus and over what becomes of it, and makes a
//! failing input small.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use crate::Target;
use crate::mutate::{Dice, mutated};

/// An input for which a claim does not hold.
#[derive(Debug)]
pub struct Failure {
    /// The input.
    pub octets: Vec<u8>,
    /// What the claim says.
    pub message: String,
}

/// What the target says of `octets`.
///
/// # Errors
/// The claim that does not hold.
pub fn check(target: &Target, octets: &[u8]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| (target.run)(octets))).map_err(|said| text(said.as_ref()))
}

fn text(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<String>().cloned();
    let text = text.or_else(|| said.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_else(|| "a panic".to_owned())
}

/// Runs the corpus, then changed inputs while `more` says so. How many there
/// were.
///
/// # Errors
/// The first input for which the claim does not hold, made small.
pub fn run(target: &Target, seed: u64, mut more: impl FnMut(u64) -> bool) -> Result<u64, Failure> {
    let corpus = (target.corpus)();
    assert!(!corpus.is_empty(), "a target needs something to begin with");
    let mut dice = Dice(seed);
    let mut count = 0;
    for octets in &corpus {
        judge(target, octets)?;
    }
    while more(count) {
        judge(target, &mutated(&corpus, &mut dice))?;
        count += 1;
    }
    Ok(count)
}

fn judge(target: &Target, octets: &[u8]) -> Result<(), Failure> {
    if check(target, octets).is_ok() {
        return Ok(());
    }
    // What follows panics often, and has nothing new to say.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let octets = smallest(target, octets.to_vec());
    let message = check(target, &octets).err().unwrap_or_default();
    set_hook(hook);
    Err(Failure { octets, message })
}

/// Leaves out what it can, in ever smaller pieces.
fn smallest(target: &Target, mut octets: Vec<u8>) -> Vec<u8> {
    let mut left = 20_000;
    let mut piece = octets.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < octets.len() && left > 0 {
            left -= 1;
            let mut shorter = octets.clone();
            shorter.drain(at..(at + piece).min(octets.len()));
            if check(target, &shorter).is_err() {
                octets = shorter;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    octets
}
