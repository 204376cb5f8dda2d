//! INSTALL [for install] and [for make selectable], SET STATUS, DELETE (GlobalPlatform
//! Card Specification 2.3 clauses 11.2, 11.5.2.3.2 and 11.10).

use uicc::apdu::{CommandApdu, StatusWord};

use super::fields::{Fields, has_parameters, object};
use super::{APPLICATION_SIZE, Application, Given, Registry, confirmed, done};
use crate::card::octets::Octets;

const FOR_LOAD: u8 = 0x02;
const FOR_INSTALL: u8 = 0x04;
const MAKE_SELECTABLE: u8 = 0x08;
const BOTH: u8 = FOR_INSTALL | MAKE_SELECTABLE;
const AID: u8 = 0x4f;
/// SET STATUS: of an application; the bit of a locked one.
const OF_APPLICATION: u8 = 0x40;
const LOCKED: u8 = 0x80;
/// DELETE: with all that stands on it.
const RELATED: u8 = 0x80;

impl Registry {
    /// INSTALL, by what P1 says that it is for.
    pub(super) fn install(&mut self, command: &CommandApdu) -> Given {
        if command.p2 != 0 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        match command.p1 {
            FOR_LOAD => self.install_for_load(&command.data),
            FOR_INSTALL | BOTH => {
                let is_selectable = command.p1 == BOTH;
                self.install_application(&command.data, is_selectable)
            }
            MAKE_SELECTABLE => self.make_selectable(&command.data),
            _ => Err(StatusWord::WRONG_P1_P2),
        }
    }

    /// The AIDs of load file, module and application (its module's where there is none),
    /// privileges, parameters with C9 among them, no token.
    fn install_application(&mut self, data: &[u8], is_selectable: bool) -> Given {
        let mut fields = Fields::new(data);
        let package = fields.aid()?;
        let module = fields.aid()?;
        let named = fields.next()?;
        let privileges = fields.next()?;
        let parameters = fields.next()?;
        let token = fields.next()?;
        fields.end()?;
        let aid = match named {
            [] => module.clone(),
            octets => uicc::cap::Aid::new(octets).map_err(|_| StatusWord::WRONG_DATA)?,
        };
        if !has_parameters(parameters)? || !matches!(privileges.len(), 1 | 3) || !token.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        let of_card = self.packages.iter().find(|it| it.aid.0 == package.octets());
        let of_card = of_card.ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let module = Octets(module.octets().to_vec());
        if !of_card.modules.contains(&module) {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let package = of_card.aid.clone();
        if self.has(&aid) {
            return Err(StatusWord::CONDITIONS);
        }
        if APPLICATION_SIZE > self.free() {
            return Err(StatusWord::NO_MEMORY);
        }
        self.applications.push(Application {
            aid: Octets(aid.octets().to_vec()),
            module,
            package,
            is_selectable,
            is_locked: false,
            privileges: Octets(privileges.to_vec()),
        });
        confirmed()
    }

    /// Two empty fields, the application's AID, privileges, parameters, no token.
    fn make_selectable(&mut self, data: &[u8]) -> Given {
        let mut fields = Fields::new(data);
        let empty = [fields.next()?, fields.next()?];
        let aid = fields.aid()?;
        let (_privileges, _parameters) = (fields.next()?, fields.next()?);
        let token = fields.next()?;
        fields.end()?;
        if !token.is_empty() || empty.iter().any(|field| !field.is_empty()) {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut applications = self.applications.iter_mut();
        let found = applications.find(|it| it.aid.0 == aid.octets());
        found.ok_or(StatusWord::REFERENCE_NOT_FOUND)?.is_selectable = true;
        confirmed()
    }

    /// SET STATUS of an application: locked, or as it was before. The issuer's security
    /// domain stays as it is.
    pub(super) fn set_status(&mut self, command: &CommandApdu) -> Given {
        if command.p1 != OF_APPLICATION {
            return Err(StatusWord::WRONG_P1_P2);
        }
        let mut applications = self.applications.iter_mut();
        let found = applications.find(|it| it.aid.0 == command.data);
        let application = found.ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let locks = command.p2 & LOCKED != 0;
        if application.is_locked == locks {
            return Err(StatusWord::CONDITIONS);
        }
        application.is_locked = locks;
        done()
    }

    /// DELETE: an application, or a load file that no application is of; with P2 80 a
    /// load file and its applications.
    pub(super) fn delete(&mut self, command: &CommandApdu) -> Given {
        if command.p1 != 0 || command.p2 & !RELATED != 0 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        let (AID, aid, []) = object(&command.data)? else {
            return Err(StatusWord::WRONG_DATA);
        };
        if *aid == *self.isd.0 {
            return Err(StatusWord::CONDITIONS);
        }
        if let Some(at) = self.applications.iter().position(|it| it.aid.0 == aid) {
            self.applications.remove(at);
            return confirmed();
        }
        let at = self.packages.iter().position(|it| it.aid.0 == aid);
        let at = at.ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let is_used = self.applications.iter().any(|it| it.package.0 == aid);
        if is_used && command.p2 != RELATED {
            return Err(StatusWord::CONDITIONS);
        }
        self.applications.retain(|it| it.package.0 != aid);
        self.packages.remove(at);
        confirmed()
    }
}
