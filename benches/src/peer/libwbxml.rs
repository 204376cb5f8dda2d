//! libwbxml 0.11 (Debian's libwbxml2-dev), `wbxml/wbxml_conv.h`: its converters
//! between WBXML and XML, each made once.

use std::ffi::{c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use anyhow::{Context, Result, ensure};

/// `WBXMLConvWBXML2XML` and `WBXMLConvXML2WBXML`, which the header leaves open.
#[repr(C)]
struct Opaque {
    _octets: [u8; 0],
    _not_send: PhantomData<*mut u8>,
}

const WBXML_OK: c_uint = 0;
const WBXML_GEN_XML_COMPACT: c_uint = 0;
const WBXML_LANG_SYNCML_SYNCML12: c_uint = 2201;
const WBXML_VERSION_12: c_int = 2;

#[link(name = "wbxml2")]
// SAFETY: the prototypes of wbxml_conv.h. WB_UTINY is unsigned char, WB_ULONG is
// unsigned int (wbxml_defines.h); the enumerations are as wide as an int, and
// WBXMLVersion alone has a negative value.
unsafe extern "C" {
    fn wbxml_conv_wbxml2xml_create(conv: *mut *mut Opaque) -> c_uint;
    fn wbxml_conv_wbxml2xml_set_gen_type(conv: *mut Opaque, gen_type: c_uint);
    fn wbxml_conv_wbxml2xml_set_language(conv: *mut Opaque, lang: c_uint);
    fn wbxml_conv_wbxml2xml_run(
        conv: *mut Opaque,
        wbxml: *mut u8,
        wbxml_len: c_uint,
        xml: *mut *mut u8,
        xml_len: *mut c_uint,
    ) -> c_uint;
    fn wbxml_conv_wbxml2xml_destroy(conv: *mut Opaque);

    fn wbxml_conv_xml2wbxml_create(conv: *mut *mut Opaque) -> c_uint;
    fn wbxml_conv_xml2wbxml_set_version(conv: *mut Opaque, version: c_int);
    fn wbxml_conv_xml2wbxml_disable_string_table(conv: *mut Opaque);
    fn wbxml_conv_xml2wbxml_run(
        conv: *mut Opaque,
        xml: *mut u8,
        xml_len: c_uint,
        wbxml: *mut *mut u8,
        wbxml_len: *mut c_uint,
    ) -> c_uint;
    fn wbxml_conv_xml2wbxml_destroy(conv: *mut Opaque);
}

// SAFETY: the C library's, with the prototype of stdlib.h.
unsafe extern "C" {
    fn free(memory: *mut c_void);
}

/// A document that libwbxml made.
pub(crate) struct Document {
    octets: NonNull<u8>,
    len: usize,
}

impl Document {
    /// `status` and what the call that gave it put into `octets` and `len`.
    fn new(status: c_uint, octets: *mut u8, len: c_uint) -> Result<Self> {
        ensure!(status == WBXML_OK, "libwbxml gave error {status}");
        Ok(Self {
            octets: NonNull::new(octets).context("libwbxml gave no document")?,
            len: usize::try_from(len)?,
        })
    }

    pub(crate) fn octets(&self) -> &[u8] {
        // SAFETY: a conversion that succeeded allocated `len` octets here and
        // left them to us.
        unsafe { std::slice::from_raw_parts(self.octets.as_ptr(), self.len) }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: allocated with malloc by the library (wbxml_mem.h), ours alone.
        unsafe { free(self.octets.as_ptr().cast()) };
    }
}

/// WBXML to XML: SyncML 1.2, without indentation.
pub(crate) struct ToXml(NonNull<Opaque>);

impl ToXml {
    pub(crate) fn new() -> Result<Self> {
        let mut conv = ptr::null_mut();
        // SAFETY: the place for the pointer is ours.
        let status = unsafe { wbxml_conv_wbxml2xml_create(&raw mut conv) };
        ensure!(status == WBXML_OK, "libwbxml gave error {status}");
        let this = Self(NonNull::new(conv).context("libwbxml gave no converter")?);
        // SAFETY: a converter that was just made, and a value of its enumeration.
        unsafe { wbxml_conv_wbxml2xml_set_gen_type(conv, WBXML_GEN_XML_COMPACT) };
        // SAFETY: as above.
        unsafe { wbxml_conv_wbxml2xml_set_language(conv, WBXML_LANG_SYNCML_SYNCML12) };
        Ok(this)
    }

    /// The header takes a pointer to octets that may change, so we take them so.
    pub(crate) fn convert(&mut self, wbxml: &mut [u8]) -> Result<Document> {
        let (mut xml, mut len) = (ptr::null_mut(), 0);
        let wbxml_len = c_uint::try_from(wbxml.len())?;
        // SAFETY: the converter lives until drop; the document is `wbxml_len`
        // octets that nobody else uses; both results have their places.
        let status = unsafe {
            wbxml_conv_wbxml2xml_run(
                self.0.as_ptr(),
                wbxml.as_mut_ptr(),
                wbxml_len,
                &raw mut xml,
                &raw mut len,
            )
        };
        Document::new(status, xml, len)
    }
}

impl Drop for ToXml {
    fn drop(&mut self) {
        // SAFETY: made by …_create and destroyed nowhere else.
        unsafe { wbxml_conv_wbxml2xml_destroy(self.0.as_ptr()) };
    }
}

/// Whether equal strings are written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StringTable {
    /// libwbxml's default.
    Built,
    /// What device management clients send (libdmclient does).
    Empty,
}

/// XML to WBXML 1.2.
pub(crate) struct ToWbxml(NonNull<Opaque>);

impl ToWbxml {
    pub(crate) fn new(table: StringTable) -> Result<Self> {
        let mut conv = ptr::null_mut();
        // SAFETY: the place for the pointer is ours.
        let status = unsafe { wbxml_conv_xml2wbxml_create(&raw mut conv) };
        ensure!(status == WBXML_OK, "libwbxml gave error {status}");
        let this = Self(NonNull::new(conv).context("libwbxml gave no converter")?);
        // SAFETY: a converter that was just made, and a value of its enumeration.
        unsafe { wbxml_conv_xml2wbxml_set_version(conv, WBXML_VERSION_12) };
        if table == StringTable::Empty {
            // SAFETY: as above.
            unsafe { wbxml_conv_xml2wbxml_disable_string_table(conv) };
        }
        Ok(this)
    }

    /// The header takes a pointer to octets that may change, so we take them so.
    pub(crate) fn convert(&mut self, xml: &mut [u8]) -> Result<Document> {
        let (mut wbxml, mut len) = (ptr::null_mut(), 0);
        let xml_len = c_uint::try_from(xml.len())?;
        // SAFETY: the converter lives until drop; the document is `xml_len`
        // octets that nobody else uses; both results have their places.
        let status = unsafe {
            wbxml_conv_xml2wbxml_run(
                self.0.as_ptr(),
                xml.as_mut_ptr(),
                xml_len,
                &raw mut wbxml,
                &raw mut len,
            )
        };
        Document::new(status, wbxml, len)
    }
}

impl Drop for ToWbxml {
    fn drop(&mut self) {
        // SAFETY: made by …_create and destroyed nowhere else.
        unsafe { wbxml_conv_xml2wbxml_destroy(self.0.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_and_a_refusal() {
        let mut xml = b"<?xml version=\"1.0\"?><SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr>\
            <VerDTD>1.2</VerDTD></SyncHdr></SyncML>"
            .to_vec();
        let mut forth = ToWbxml::new(StringTable::Empty).unwrap();
        let mut wbxml = forth.convert(&mut xml).unwrap().octets().to_vec();
        assert_eq!(&wbxml[..5], b"\x02\xa4\x01\x6a\x00");
        let back = ToXml::new().unwrap().convert(&mut wbxml).unwrap();
        let back = String::from_utf8_lossy(back.octets());
        assert!(back.contains("<VerDTD>1.2</VerDTD>"), "{back}");
        assert!(forth.convert(&mut b"<SyncML>".to_vec()).is_err());
    }
}
