//! Which message comes next. MsgIDs rise strictly (OMA DM Protocol 1.2 clause
//! 8.3: a MsgID is unambiguous within the session); a message that comes twice
//! because its answer was lost is known by its octets and, where there is one,
//! by its HMAC: the octets alone may be easy to guess.

use super::Received;
use crate::Error;

/// The last message that was taken.
#[derive(Clone, Default)]
pub(crate) struct Inbox {
    last: Option<(u32, Vec<u8>, Option<String>)>,
}

/// What a message is to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// One that was not seen before, with this MsgID.
    New(u32),
    /// The last one again.
    Repeat,
}

impl Inbox {
    /// Judges a message without taking it.
    pub(crate) fn judge(&self, received: &Received<'_>) -> Result<Arrival, Error> {
        let msg_id = &received.message.header.msg_id;
        let number = msg_id.number().ok_or(Error::MsgId)?;
        match &self.last {
            Some((last, octets, mac)) if number == *last => {
                if octets == received.octets && mac.as_deref() == received.mac {
                    Ok(Arrival::Repeat)
                } else {
                    Err(Error::MsgIdReused)
                }
            }
            Some((last, ..)) if number < *last => Err(Error::MsgIdStale),
            _ => Ok(Arrival::New(number)),
        }
    }

    /// Takes the message.
    pub(crate) fn take(&mut self, number: u32, received: &Received<'_>) {
        let mac = received.mac.map(str::to_owned);
        self.last = Some((number, received.octets.to_vec(), mac));
    }
}
