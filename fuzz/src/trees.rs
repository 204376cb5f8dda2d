//! Elements of any language, in XML and WBXML (WAP-192 WBXML 1.3; OMA DM TNDS
//! 1.2, DevInf 1.2 and provisioning documents as they come).

use syncml::{Limits, wbxml, xml};

use crate::claim::bounded;

/// The most that a tree asks for, as a multiple of its octets: an element may
/// be one octet of WBXML, and has a name.
const MULTIPLE: usize = 200;

pub(crate) fn xml(octets: &[u8]) {
    let limits = Limits::default();
    let Ok(tree) = bounded(octets, MULTIPLE, || xml::read_tree(octets, &limits)) else {
        return;
    };
    if let Ok(written) = xml::write_tree(&tree) {
        let again = xml::read_tree(written.as_bytes(), &limits).expect("what was written is read");
        assert!(again == tree, "{again:?} was {tree:?}");
    }
}

pub(crate) fn wbxml(octets: &[u8]) {
    let limits = Limits::default();
    let Ok(tree) = bounded(octets, MULTIPLE, || wbxml::read_tree(octets, &limits)) else {
        return;
    };
    if let Ok(written) = wbxml::write_tree(&tree) {
        let again = wbxml::read_tree(&written, &limits).expect("what was written is read");
        assert!(again == tree, "{again:?} was {tree:?}");
    }
    let _ = wbxml::to_markup(octets, &limits);
}
