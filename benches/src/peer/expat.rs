//! libexpat 2.5 (Debian's libexpat1-dev), `/usr/include/expat.h`: a bare parse.

use std::ffi::{c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use anyhow::{Context, Result, ensure};

/// `struct XML_ParserStruct`.
#[repr(C)]
struct Opaque {
    _octets: [u8; 0],
    _not_send: PhantomData<*mut u8>,
}

type Start = unsafe extern "C" fn(*mut c_void, *const c_char, *mut *const c_char);
type End = unsafe extern "C" fn(*mut c_void, *const c_char);
type Characters = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

const XML_STATUS_OK: c_int = 1;
const XML_TRUE: u8 = 1;

#[link(name = "expat")]
// SAFETY: the prototypes of expat.h; XML_Char is char in Debian's build of
// `libexpat.so` (the wide one is `libexpatw`), XML_Bool is unsigned char.
unsafe extern "C" {
    fn XML_ParserCreate(encoding: *const c_char) -> *mut Opaque;
    fn XML_ParserReset(parser: *mut Opaque, encoding: *const c_char) -> u8;
    fn XML_ParserFree(parser: *mut Opaque);
    fn XML_SetElementHandler(parser: *mut Opaque, start: Option<Start>, end: Option<End>);
    fn XML_SetCharacterDataHandler(parser: *mut Opaque, handler: Option<Characters>);
    fn XML_Parse(parser: *mut Opaque, s: *const c_char, len: c_int, is_final: c_int) -> c_int;
}

/// Whether the parser calls somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handlers {
    /// A bare parse.
    None,
    /// For start tags, end tags and text, that do nothing.
    Empty,
}

/// A parser that is made once and reset for each document.
pub(crate) struct Parser {
    parser: NonNull<Opaque>,
    handlers: Handlers,
}

impl Parser {
    pub(crate) fn new(handlers: Handlers) -> Result<Self> {
        // SAFETY: no encoding (NULL) is allowed: the document names it.
        let parser = unsafe { XML_ParserCreate(ptr::null()) };
        Ok(Self {
            parser: NonNull::new(parser).context("XML_ParserCreate gave no parser")?,
            handlers,
        })
    }

    /// Parses one whole document.
    pub(crate) fn parse(&mut self, document: &[u8]) -> Result<()> {
        let parser = self.parser.as_ptr();
        let len = c_int::try_from(document.len())?;
        // SAFETY: the parser lives until drop, and this is not one of its
        // callbacks (they call nothing).
        let reset = unsafe { XML_ParserReset(parser, ptr::null()) };
        ensure!(reset == XML_TRUE, "XML_ParserReset refused");
        if self.handlers == Handlers::Empty {
            // A reset forgets the handlers.
            // SAFETY: as above; the functions have the header's types.
            unsafe { XML_SetElementHandler(parser, Some(start), Some(end)) };
            // SAFETY: as above.
            unsafe { XML_SetCharacterDataHandler(parser, Some(characters)) };
        }
        // SAFETY: as above; `document` is `len` octets that XML_Parse reads only
        // during the call, the last ones of the document.
        let status = unsafe { XML_Parse(parser, document.as_ptr().cast(), len, 1) };
        ensure!(status == XML_STATUS_OK, "XML_Parse gave {status}");
        Ok(())
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: made by XML_ParserCreate and freed nowhere else.
        unsafe { XML_ParserFree(self.parser.as_ptr()) };
    }
}

extern "C" fn start(_: *mut c_void, _: *const c_char, _: *mut *const c_char) {}

extern "C" fn end(_: *mut c_void, _: *const c_char) {}

extern "C" fn characters(_: *mut c_void, _: *const c_char, _: c_int) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_parses_again_and_refuses() {
        for handlers in [Handlers::None, Handlers::Empty] {
            let mut parser = Parser::new(handlers).unwrap();
            parser.parse(b"<a>b</a>").unwrap();
            assert!(parser.parse(b"<a>b").is_err());
            parser.parse(b"<a b='c'/>").unwrap();
        }
    }
}
