//! The routing table (docs/operator-change.md, section 1).

use trust::{RoutingTable, TrustError};

use crate::support::sho;

fn table(operators: &[&str]) -> Result<RoutingTable<String>, TrustError> {
    RoutingTable::new(operators.iter().map(|text| (sho(text), (*text).to_owned())))
}

#[test]
fn an_imsi_finds_its_operator() {
    let table = table(&["001-01", "001-02", "310-410", "310-41", "262-01"]);
    assert!(table.is_err(), "310-41 begins 310-410");
    let table = self::table(&["001-01", "001-02", "310-410", "310-411", "262-01"]).unwrap();
    for (imsi, operator) in [
        ("001010123456789", Some("001-01")),
        ("001020123456789", Some("001-02")),
        ("310410123456789", Some("310-410")),
        ("310411123456789", Some("310-411")),
        ("262011", Some("262-01")),
        ("310412123456789", None),
        ("001030123456789", None),
        // Not IMSIs: too short, too long, not decimal.
        ("26201", None),
        ("0010101234567890", None),
        ("00101012345678a", None),
        ("00101٠123456", None),
        ("", None),
    ] {
        let found = table.by_imsi(imsi);
        assert_eq!(found.map(|(_, target)| target.as_str()), operator, "{imsi}");
        assert_eq!(
            found.map(|(sho_id, _)| sho_id.to_string()).as_deref(),
            operator
        );
    }
}

#[test]
fn a_name_finds_its_operator_only_as_written() {
    let table = table(&["001-01", "310-410"]).unwrap();
    assert_eq!(
        table.by_sho_id(&sho("001-01")).map(String::as_str),
        Some("001-01")
    );
    assert_eq!(table.by_sho_id(&sho("001-001")), None);
    assert_eq!(table.by_sho_id(&sho("310-41")), None);
    assert_eq!(table.iter().count(), 2);
}

#[test]
fn digits_that_begin_others_are_refused_at_load() {
    for operators in [
        &["001-01", "001-010"][..],
        &["001-019", "001-01"],
        &["001-01", "001-01"],
        &["262-01", "001-01", "310-410", "001-015"],
    ] {
        let error = table(operators).unwrap_err();
        assert_eq!(error.code(), "route-ambiguous", "{operators:?}");
    }
    let error = table(&["001-019", "001-01"]).unwrap_err();
    assert!(
        matches!(error, TrustError::RouteAmbiguous { shorter, longer }
            if shorter == "001-01" && longer == "001-019")
    );
}

#[test]
fn neighbours_and_an_empty_table_are_fine() {
    assert!(table(&[]).unwrap().by_imsi("001010123456789").is_none());
    // 001-10 and 001-001 share digits, but neither begins the other.
    assert!(table(&["001-10", "001-001", "001-011"]).is_ok());
}
