//! What a user of the card has selected, verified and not yet fetched (ETSI TS 102 221
//! clause 8.4). The terminal has one; each script gets its own, which begins at its
//! target's DF. It ends with the power.

use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};

use super::access::Granted;
use super::files::{FileSystem, ROOT};

/// A session.
#[derive(Clone)]
pub(super) struct Session {
    /// The current DF or ADF.
    pub(super) directory: usize,
    /// The ADF that was selected last.
    pub(super) application: Option<usize>,
    /// The current EF.
    pub(super) file: Option<usize>,
    /// The current record, from 0.
    pub(super) record: Option<usize>,
    pub(super) granted: Granted,
    pub(super) pending: Pending,
}

impl Session {
    /// One that begins at a DF.
    pub(super) fn new(files: &FileSystem, directory: usize, granted: Granted) -> Self {
        Self {
            directory,
            application: files.application(directory),
            file: None,
            record: None,
            granted,
            pending: Pending::default(),
        }
    }

    /// The terminal's, after power on.
    pub(super) fn of_terminal(files: &FileSystem) -> Self {
        Self::new(files, ROOT, Granted::default())
    }
}

/// What GET RESPONSE has to give (clause 11.1.13, and 7.3.1.1 for commands with data
/// both ways).
#[derive(Clone, Default)]
pub(super) struct Pending(Vec<u8>);

impl Pending {
    /// What a command gives that may have data: at once where Le has room for it, else
    /// it is kept and the status says how much there is. Warnings stay.
    pub(super) fn hand_over(&mut self, command: &CommandApdu, given: ResponseApdu) -> ResponseApdu {
        let length = given.data.len();
        let fits = command.expected.is_some_and(|le| usize::from(le) >= length);
        if fits || given.data.is_empty() {
            return given;
        }
        // Le alone can be corrected.
        if command.data.is_empty() && command.expected.is_some() {
            let there = u8::try_from(length).unwrap_or(0);
            return StatusWord(0x6c00 | u16::from(there)).into();
        }
        self.0 = given.data;
        match given.status {
            StatusWord::OK => self.waiting(),
            other => other.into(),
        }
    }

    /// 61XX; 00 stands for 256 and more.
    fn waiting(&self) -> ResponseApdu {
        let length = u8::try_from(self.0.len()).unwrap_or(0);
        StatusWord(0x6100 | u16::from(length)).into()
    }

    /// Whatever comes next, it is gone, unless that is GET RESPONSE.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// GET RESPONSE: all of it, or as much as Le says and 61XX for the rest.
    pub(super) fn get_response(
        &mut self,
        command: &CommandApdu,
    ) -> Result<ResponseApdu, StatusWord> {
        if command.p1 != 0 || command.p2 != 0 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        let le = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
        if self.0.is_empty() {
            return Err(StatusWord::CONDITIONS);
        }
        let wanted = usize::from(le);
        if wanted < 256 && wanted > self.0.len() {
            let there = u16::try_from(self.0.len()).unwrap_or(0);
            return Err(StatusWord(0x6c00 | there));
        }
        let rest = self.0.split_off(wanted.min(self.0.len()));
        let data = std::mem::replace(&mut self.0, rest);
        let status = match self.0.is_empty() {
            true => StatusWord::OK,
            false => self.waiting().status,
        };
        Ok(ResponseApdu { data, status })
    }
}
