//! Which message comes next. MsgIDs rise strictly (OMA DM Protocol 1.2 clause
//! 8.3: a MsgID is unambiguous within the session); a message that comes twice
//! because its answer was lost is known by its octets.

use syncml::MsgId;

use crate::Error;

/// The last message that was taken.
#[derive(Default)]
pub(crate) struct Inbox {
    last: Option<(u32, Vec<u8>)>,
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
    pub(crate) fn judge(&self, msg_id: &MsgId, octets: &[u8]) -> Result<Arrival, Error> {
        let number = msg_id.number().ok_or(Error::MsgId)?;
        match &self.last {
            Some((last, seen)) if number == *last => {
                if seen == octets {
                    Ok(Arrival::Repeat)
                } else {
                    Err(Error::MsgIdReused)
                }
            }
            Some((last, _)) if number < *last => Err(Error::MsgIdStale),
            _ => Ok(Arrival::New(number)),
        }
    }

    /// Takes the message.
    pub(crate) fn take(&mut self, number: u32, octets: &[u8]) {
        self.last = Some((number, octets.to_vec()));
    }
}
