//! State that can't be rolled back unnoticed (operator-change profile,
//! section 7, "TRE state"): new state is sealed with counter value n+1 and
//! stored, then the counter is raised; at start a state one ahead raises the
//! counter; any other difference is `state-restored`. Storing is the caller's.

use secret::{Secret, SecretBytes};

use crate::{Backend, TreError};

const VERSION: u8 = 1;

/// Sealed state that the counter does not vouch for yet.
///
/// Store [`Pending::octets`] durably, replacing what was there, then call
/// [`Pending::stored`]. If storing failed, drop it and seal again.
#[must_use = "without `stored` the counter stays behind"]
pub struct Pending {
    octets: Vec<u8>,
    counter: u64,
}

impl Pending {
    /// What to store.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Raises the counter to this state's value. From here on every earlier
    /// state is a restored one.
    ///
    /// # Errors
    /// [`TreError::CounterMoved`] if somebody else raised the counter since
    /// [`seal`]; what the backend says.
    pub fn stored(self, backend: &mut dyn Backend) -> Result<(), TreError> {
        raise(backend, self.counter)
    }
}

/// How a state stands to the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the last one stored.
    Current,
    /// It was stored, but the counter not raised before power failed. It has
    /// been raised now.
    CaughtUp,
    /// It is not the last one stored. The active MCIM in it still attaches;
    /// orders are refused until resynchronised.
    Restored,
}

/// State that this backend sealed.
pub struct Unsealed {
    state: SecretBytes,
    standing: Standing,
}

impl Unsealed {
    /// The state, whatever its standing.
    #[must_use]
    pub fn state(&self) -> &SecretBytes {
        &self.state
    }

    /// How it stands to the counter.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// That it is the last one stored: to be asked before any order.
    ///
    /// # Errors
    /// [`TreError::StateRestored`].
    pub fn require_current(&self) -> Result<(), TreError> {
        match self.standing {
            Standing::Current | Standing::CaughtUp => Ok(()),
            Standing::Restored => Err(TreError::StateRestored),
        }
    }
}

/// Seals `state` with the counter's next value:
/// `01 | n+1 u64 BE | state` under the backend's sealing key.
///
/// # Errors
/// [`TreError::CounterExhausted`]; what the backend says.
pub fn seal(backend: &mut dyn Backend, state: &SecretBytes) -> Result<Pending, TreError> {
    let counter = backend.counter()?;
    let counter = counter.checked_add(1).ok_or(TreError::CounterExhausted)?;
    let mut plain = Vec::with_capacity(1 + 8 + state.expose().len());
    plain.push(VERSION);
    plain.extend(counter.to_be_bytes());
    plain.extend(state.expose());
    let plain = Secret::new(plain);
    let octets = backend.seal(plain.expose())?;
    Ok(Pending { octets, counter })
}

/// Unseals the stored state at start, and raises the counter if the state is
/// one ahead of it.
///
/// # Errors
/// [`TreError::SealedInvalid`] for octets that this backend did not seal, or
/// sealed as something else; [`TreError::StateUnsupportedVersion`]; what the
/// backend says. A restored state is no error here: see
/// [`Unsealed::require_current`].
pub fn open(backend: &mut dyn Backend, sealed: &[u8]) -> Result<Unsealed, TreError> {
    let plain = backend.unseal(sealed)?;
    let (version, rest) = plain
        .expose()
        .split_first()
        .ok_or(TreError::SealedInvalid)?;
    if *version != VERSION {
        return Err(TreError::StateUnsupportedVersion(*version));
    }
    let (counter, state) = rest
        .split_first_chunk::<8>()
        .ok_or(TreError::SealedInvalid)?;
    let stored = u64::from_be_bytes(*counter);
    let now = backend.counter()?;
    let standing = if stored == now {
        Standing::Current
    } else if now.checked_add(1) == Some(stored) {
        raise(backend, stored)?;
        Standing::CaughtUp
    } else {
        Standing::Restored
    };
    Ok(Unsealed {
        state: Secret::new(state.to_vec()),
        standing,
    })
}

/// Raises the counter to `target`, which is its next value.
fn raise(backend: &mut dyn Backend, target: u64) -> Result<(), TreError> {
    let expected = target.saturating_sub(1);
    let found = backend.counter()?;
    if found != expected {
        return Err(TreError::CounterMoved { expected, found });
    }
    let found = backend.increment_counter()?;
    if found == target {
        Ok(())
    } else {
        Err(TreError::CounterMoved {
            expected: target,
            found,
        })
    }
}
