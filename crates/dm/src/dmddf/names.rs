//! The elements of the DTD `DM_DDF` 1.2 (OMA DM TND 1.2 clause 9.4), and whose
//! an element is (Namespaces in XML 1.0).

/// Every element of the DTD.
const ELEMENTS: [&str; 56] = [
    "ACL",
    "AccessType",
    "Add",
    "CIS",
    "CS",
    "CaseSense",
    "Copy",
    "DDFName",
    "DFFormat",
    "DFProperties",
    "DFTitle",
    "DFType",
    "DefaultValue",
    "Delete",
    "Description",
    "Dynamic",
    "Exec",
    "Format",
    "Get",
    "MIME",
    "Man",
    "MgmtTree",
    "Mod",
    "Name",
    "Node",
    "NodeName",
    "Occurrence",
    "One",
    "OneOrMore",
    "OneOrN",
    "Path",
    "Permanent",
    "RTProperties",
    "Replace",
    "Scope",
    "Size",
    "TStamp",
    "Title",
    "Type",
    "Value",
    "VerDTD",
    "VerNo",
    "ZeroOrMore",
    "ZeroOrN",
    "ZeroOrOne",
    "b64",
    "bin",
    "bool",
    "chr",
    "date",
    "float",
    "int",
    "node",
    "null",
    "time",
    "xml",
];

/// Whose an element is.
pub(super) enum Owner {
    /// The DTD's.
    Dtd(&'static str),
    /// A vendor's, in a namespace of its own.
    Foreign,
    /// The DTD does not have it.
    Unknown,
    /// Its prefix is not declared.
    Undeclared,
}

/// The namespaces that are declared where the reader stands.
#[derive(Default)]
pub(super) struct Names {
    /// Elements that are open.
    depth: usize,
    declared: Vec<Declared>,
}

struct Declared {
    /// The number of open elements with the one that declares it.
    depth: usize,
    prefix: String,
    /// Whether it is a namespace of SyncML or none.
    ours: bool,
}

impl Names {
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// An element begins; its declarations follow, then its owner is asked.
    pub(super) const fn open(&mut self) {
        self.depth += 1;
    }

    /// Takes note of an attribute of the element that was opened last.
    pub(super) fn declare(&mut self, attribute: &str, value: &str) {
        let prefix = match attribute.split_once(':') {
            Some(("xmlns", prefix)) => prefix,
            None if attribute == "xmlns" => "",
            _ => return,
        };
        let start = value.as_bytes().get(..7);
        let ours = value.is_empty() || start.is_some_and(|s| s.eq_ignore_ascii_case(b"syncml:"));
        self.declared.push(Declared {
            depth: self.depth,
            prefix: prefix.to_owned(),
            ours,
        });
    }

    /// The innermost open element ends.
    pub(super) fn close(&mut self) {
        while self.declared.pop_if(|d| d.depth >= self.depth).is_some() {}
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn owner(&self, name: &str) -> Owner {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declared = self.declared.iter().rev().find(|d| d.prefix == prefix);
        match (declared, prefix) {
            (None, "") => {}
            (Some(declared), _) if declared.ours => {}
            (Some(_), _) | (None, "xml") => return Owner::Foreign,
            (None, _) => return Owner::Undeclared,
        }
        let known = ELEMENTS.iter().find(|element| **element == local);
        known.map_or(Owner::Unknown, |element| Owner::Dtd(element))
    }
}
