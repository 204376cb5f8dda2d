//! What OsmoHLR's control interface says of a subscriber in `info-all`: lines of a
//! name, a TAB and a value.

use zeroize::Zeroizing;

/// The lines that matter.
pub(crate) struct Info {
    pub(crate) id: i64,
    pub(crate) imsi: String,
    pub(crate) nam_cs: bool,
    pub(crate) nam_ps: bool,
    /// Whether the HLR has an algorithm with which to make vectors.
    pub(crate) algorithm_2g: bool,
    pub(crate) algorithm_3g: bool,
    pub(crate) k: Option<Zeroizing<String>>,
    pub(crate) opc: Option<Zeroizing<String>>,
}

impl Info {
    /// Reads them; `None` for something else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once('\t'))
                .find_map(|(shown, value)| (shown == name).then_some(value))
        };
        let secret = |name: &str| value(name).map(|text| Zeroizing::new(text.to_owned()));
        let flag = |name: &str| match value(name)? {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        Some(Self {
            id: value("id")?.parse().ok()?,
            imsi: value("imsi")?.to_owned(),
            nam_cs: flag("nam_cs")?,
            nam_ps: flag("nam_ps")?,
            algorithm_2g: value("aud2g.algo").is_some(),
            algorithm_3g: value("aud3g.algo").is_some(),
            k: secret("aud3g.k"),
            opc: secret("aud3g.opc"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As OsmoHLR 1.5.0 says it; the keys are those of TS 35.208 set 1.
    const ALL: &str = "\nid\t1\nimsi\t001010000000001\nnam_cs\t1\nnam_ps\t0\nms_purged_cs\t0\n\
        ms_purged_ps\t0\nperiodic_lu_timer\t0\nperiodic_rau_tau_timer\t0\nlmsi\t00000000\n\
        aud3g.algo\tMILENAGE\naud3g.k\t465b5ce8b199b49faa5f0a2ee238a6bc\n\
        aud3g.opc\tcd63cb71954a9f4e48a5994e37a02baf\naud3g.ind_bitlen\t5\naud3g.sqn\t0";

    #[test]
    fn the_lines_that_matter() {
        let info = Info::parse(ALL).unwrap();
        assert_eq!((info.id, info.imsi.as_str()), (1, "001010000000001"));
        assert_eq!((info.nam_cs, info.nam_ps), (true, false));
        assert_eq!((info.algorithm_2g, info.algorithm_3g), (false, true));
        assert_eq!(&**info.k.unwrap(), "465b5ce8b199b49faa5f0a2ee238a6bc");
        assert_eq!(&**info.opc.unwrap(), "cd63cb71954a9f4e48a5994e37a02baf");
    }

    #[test]
    fn anything_else_is_nothing() {
        for broken in ["", "id\t1", &ALL.replace("nam_cs\t1", "nam_cs\tyes")] {
            assert!(Info::parse(broken).is_none());
        }
        assert!(Info::parse(&ALL.replace("id\t1\n", "id\tone\n")).is_none());
    }
}
