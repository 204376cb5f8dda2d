//! The headers behind Content-Type (WAP-230-WSP clauses 8.4.1 and 8.4.2): X-Wap-Application-Id
//! among others, which are passed over, on code pages that change.

use super::Application;
use super::code::{self, SHORT, Value};
use crate::UiccError;

const NAME: &str = "X-Wap-Application-Id";
/// Its code (annex A), on the page that is there without a word.
const CODE: u8 = 0x2f;
const PAGE: u8 = 1;
/// Before the number of a page.
const SHIFT: u8 = 0x7f;

pub(super) fn application(application: &Application) -> Result<Vec<u8>, UiccError> {
    let mut header = vec![CODE | SHORT];
    match application {
        Application::Number(number) => code::put_integer(&mut header, *number),
        Application::Name(name) => code::put_text(&mut header, name)?,
    }
    Ok(header)
}

pub(super) fn find_application(mut rest: &[u8]) -> Result<Option<Application>, UiccError> {
    let (mut found, mut page) = (None, PAGE);
    while let Some(first) = rest.first() {
        let is_it = match *first {
            0 => return Err(UiccError::Reserved("a header")),
            SHIFT => {
                code::octet(&mut rest)?;
                page = code::octet(&mut rest)?;
                continue;
            }
            shift @ 1..=0x1f => {
                code::octet(&mut rest)?;
                page = shift;
                continue;
            }
            code @ SHORT.. => {
                code::octet(&mut rest)?;
                page == PAGE && code == CODE | SHORT
            }
            _ => match Value::read(&mut rest)? {
                Value::Text(name) => name.eq_ignore_ascii_case(NAME.as_bytes()),
                _ => false,
            },
        };
        let value = Value::read(&mut rest)?;
        if is_it {
            let application = match value {
                Value::Text(_) => Application::Name(value.text()?),
                _ => Application::Number(value.number()?),
            };
            if found.replace(application).is_some() {
                return Err(UiccError::Reserved("a header that comes twice"));
            }
        }
    }
    Ok(found)
}
