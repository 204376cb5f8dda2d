//! The PVA's own leaves (docs/operator-change.md, sections 1 and 6): each for its
//! purpose, none in the place of a CertTRE or of an operator's leaf.

use sim::net::SimRandom;
use trust::issue::{LeafRequest, SoftwareIssuer, Validity, issue_leaf, issue_pva_leaf};
use trust::issue::{issue_pva_anchor, issue_sho_anchor};
use trust::{
    Anchor, Certificate, Purpose, PvaAnchor, TimePolicy, TreUse, verify_leaf, verify_pva_leaf,
    verify_pva_server, verify_tre,
};

use crate::support::{TRE_ID, at, exactly, sho};

const HOST: &str = "pva.acme.example";

struct Houses {
    issuer: SoftwareIssuer,
    pva: PvaAnchor,
    other: PvaAnchor,
    operator: Anchor,
    random: SimRandom,
}

fn issuer() -> SoftwareIssuer {
    use openssl::{ec, nid, pkey};
    let group = ec::EcGroup::from_curve_name(nid::Nid::X9_62_PRIME256V1).unwrap();
    let key = ec::EcKey::generate(&group).unwrap();
    SoftwareIssuer::new(pkey::PKey::from_ec_key(key).unwrap()).unwrap()
}

fn validity() -> Validity {
    Validity::new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")).unwrap()
}

fn in_date() -> TimePolicy {
    exactly("2026-06-01T00:00:00Z")
}

impl Houses {
    fn new() -> Self {
        let (issuer, mut random) = (issuer(), SimRandom::from_seed(1));
        let mut named = |name: &str| {
            let name = name.parse().unwrap();
            issue_pva_anchor(&issuer, &name, validity(), &mut random).unwrap()
        };
        let (pva, other) = (named("acme"), named("emca"));
        let operator = issue_sho_anchor(&issuer, &sho("001-01"), validity(), &mut random).unwrap();
        Self {
            issuer,
            pva,
            other,
            operator,
            random,
        }
    }

    fn request<'a>(&self, purpose: Purpose, hosts: &'a [String]) -> LeafRequest<'a> {
        // The key does not matter here: the authority's own.
        let key = Box::leak(Box::new(self.pva.certificate().public_key().clone()));
        LeafRequest {
            purpose,
            public_key: key,
            dns_names: hosts,
            validity: validity(),
            ocsp_url: None,
        }
    }

    fn leaf(&mut self, purpose: Purpose) -> Certificate {
        let hosts = [HOST.to_owned()];
        let hosts = if purpose == Purpose::DpfServer {
            &hosts[..]
        } else {
            &[]
        };
        let request = self.request(purpose, hosts);
        issue_pva_leaf(&self.issuer, &self.pva, &request, &mut self.random).unwrap()
    }

    fn of_operator(&mut self, purpose: Purpose) -> Certificate {
        let hosts = [HOST.to_owned()];
        let hosts = if purpose == Purpose::DpfServer {
            &hosts[..]
        } else {
            &[]
        };
        let request = self.request(purpose, hosts);
        issue_leaf(&self.issuer, &self.operator, &request, &mut self.random).unwrap()
    }
}

#[test]
fn each_leaf_is_for_its_purpose_and_its_host() {
    let mut houses = Houses::new();
    let server = houses.leaf(Purpose::DpfServer);
    let document = houses.leaf(Purpose::PeerDocument);
    let server_verdict = |leaf: &Certificate, host: &str| {
        verify_pva_server(leaf, &houses.pva, host, in_date()).map_err(|error| error.code())
    };
    assert_eq!(server_verdict(&server, HOST), Ok(()));
    assert_eq!(server_verdict(&server, "PVA.acme.EXAMPLE"), Ok(()));
    for host in [
        "acme.example",
        "x.pva.acme.example",
        "*.acme.example",
        "",
        "127.0.0.1",
    ] {
        assert_eq!(
            server_verdict(&server, host),
            Err("certificate-host-wrong"),
            "{host}"
        );
    }
    assert_eq!(
        server_verdict(&document, HOST),
        Err("certificate-purpose-wrong")
    );
    let verdict = |leaf: &Certificate, pva: &PvaAnchor, purpose, policy| {
        verify_pva_leaf(leaf, pva, purpose, policy).map_err(|error| error.code())
    };
    let purpose = Purpose::PeerDocument;
    assert_eq!(verdict(&document, &houses.pva, purpose, in_date()), Ok(()));
    assert_eq!(
        verdict(&server, &houses.pva, purpose, in_date()),
        Err("certificate-purpose-wrong")
    );
    // The same key under another supplier's name.
    assert!(verdict(&document, &houses.other, purpose, in_date()).is_err());
    let late = exactly("2027-06-01T00:00:00Z");
    assert!(verdict(&document, &houses.pva, purpose, late).is_err());
}

#[test]
fn no_leaf_stands_for_another_kind() {
    let mut houses = Houses::new();
    let leaves = [Purpose::DpfServer, Purpose::PeerDocument].map(|purpose| houses.leaf(purpose));
    let (pva, operator) = (houses.pva.clone(), houses.operator.clone());
    for leaf in &leaves {
        for wanted in [TreUse::Signature, TreUse::Encipherment, TreUse::Both] {
            assert!(verify_tre(leaf, &pva, wanted, TRE_ID, in_date()).is_err());
        }
        for purpose in Purpose::ALL {
            let verdict = verify_leaf(leaf, &operator, purpose, &sho("001-01"), in_date());
            assert!(verdict.is_err(), "{purpose:?}");
        }
    }
    for purpose in [
        Purpose::DpfServer,
        Purpose::PeerDocument,
        Purpose::PeerEncipherment,
    ] {
        let leaf = houses.of_operator(purpose);
        assert!(verify_pva_server(&leaf, &pva, HOST, in_date()).is_err());
        assert!(verify_pva_leaf(&leaf, &pva, purpose, in_date()).is_err());
    }
}

#[test]
fn a_pva_has_three_purposes_and_its_server_has_hosts() {
    let mut houses = Houses::new();
    let hosts = [HOST.to_owned()];
    for purpose in Purpose::ALL {
        if matches!(
            purpose,
            Purpose::DpfServer | Purpose::PeerDocument | Purpose::PeerEncipherment
        ) {
            continue;
        }
        let request = houses.request(purpose, &[]);
        let issued = issue_pva_leaf(&houses.issuer, &houses.pva, &request, &mut houses.random);
        assert_eq!(
            issued.unwrap_err().code(),
            "certificate-purpose-wrong",
            "{purpose:?}"
        );
    }
    for (purpose, hosts) in [
        (Purpose::DpfServer, &[][..]),
        (Purpose::PeerDocument, &hosts[..]),
        (Purpose::PeerEncipherment, &hosts[..]),
    ] {
        let request = houses.request(purpose, hosts);
        let issued = issue_pva_leaf(&houses.issuer, &houses.pva, &request, &mut houses.random);
        assert_eq!(issued.unwrap_err().code(), "dns-names-wrong", "{purpose:?}");
    }
    let request = houses.request(Purpose::DpfServer, &hosts);
    let stranger = issuer();
    let issued = issue_pva_leaf(&stranger, &houses.pva, &request, &mut houses.random);
    assert_eq!(issued.unwrap_err().code(), "issuer-key-mismatch");
}
