//! `vectors/aka-eps-5g.json`: drawn cases of a model in another language, and
//! answers that others published (`vectors/model/README.md`).

use std::collections::BTreeSet;
use std::str::FromStr;

use aka::eap::{self, EapKeys, EapVector};
use aka::eps::{self, EpsVector};
use aka::five_g::{self, FiveGVector};
use aka::{
    AkaError, Algorithm, Amf, AuthenticationVector, Autn, Auts, GsmTriplet, Milenage, NetworkName,
    Operator, Outputs, PlmnId, Rand, Sqn, SresConversion, Tuak, TuakOperator,
};
use secret::Secret;
use serde_json::Value;

use crate::support::{file, hex, iterations, octets, tuak_key, tuak_lengths};

#[expect(clippy::large_enum_variant, reason = "one at a time")]
enum Set {
    Milenage(Milenage),
    Tuak(Tuak),
}

impl Set {
    fn of(row: &Value) -> Self {
        let has = |name: &str| row.get(name).is_some();
        if row["alg"] == "milenage" {
            let k = Secret::new(octets(row, "k"));
            let operator = if has("op") {
                Operator::Op(Secret::new(octets(row, "op")))
            } else {
                Operator::Opc(Secret::new(octets(row, "opc")))
            };
            return Self::Milenage(Milenage::new(&k, &operator));
        }
        let operator = if has("top") {
            TuakOperator::Top(Secret::new(octets(row, "top")))
        } else {
            TuakOperator::Topc(Secret::new(octets(row, "topc")))
        };
        Self::Tuak(Tuak::new(
            &tuak_key(row, "k"),
            &operator,
            tuak_lengths(row),
            iterations(row),
        ))
    }

    fn operator_constant(&self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Milenage(set) => ("opc", set.opc().expose().to_vec()),
            Self::Tuak(set) => ("topc", set.topc().expose().to_vec()),
        }
    }

    fn outputs(&self, rand: &Rand, sqn: Sqn, amf: Amf) -> Outputs {
        match self {
            Self::Milenage(set) => set.outputs(rand, sqn, amf),
            Self::Tuak(set) => set.outputs(rand, sqn, amf),
        }
    }

    fn algorithm(self) -> Result<Algorithm, AkaError> {
        match self {
            Self::Milenage(set) => Ok(set.into()),
            Self::Tuak(set) => set.try_into(),
        }
    }
}

/// Compares values with a row's members and notes which were looked at.
struct Checked<'a> {
    row: &'a Value,
    context: &'a str,
    seen: BTreeSet<String>,
}

impl<'a> Checked<'a> {
    fn new(row: &'a Value, context: &'a str) -> Self {
        Self {
            row,
            context,
            seen: BTreeSet::new(),
        }
    }

    /// A member that the row may lack is compared only if it is there.
    fn hex(&mut self, name: &str, ours: &[u8]) {
        if self.row.get(name).is_some() {
            assert_eq!(ours, hex(self.row, name), "{name} of {}", self.context);
            self.seen.insert(name.to_owned());
        }
    }

    /// Every member of the row was looked at, but for these.
    fn all_but(&self, given: &[&str]) {
        let names = self.row.as_object().unwrap().keys();
        let left: Vec<_> = names
            .filter(|name| !self.seen.contains(*name) && !given.contains(&name.as_str()))
            .collect();
        assert!(left.is_empty(), "{}: {left:?} not compared", self.context);
    }
}

fn plmn(row: &Value) -> PlmnId {
    let part = |name: &str| row["serving_network"][name].as_str().unwrap();
    format!("{}-{}", part("mcc"), part("mnc")).parse().unwrap()
}

fn challenge(row: &Value) -> (Rand, Sqn, Amf) {
    (
        Rand(octets(row, "rand")),
        Sqn::from_octets(octets(row, "sqn")),
        Amf(octets(row, "amf")),
    )
}

fn check_eap(row: &Value, context: &str, keys: &EapKeys, kseaf: &[u8]) {
    let mut eap = Checked::new(row, context);
    eap.hex("k_encr", keys.k_encr.expose());
    eap.hex("k_aut", keys.k_aut.expose());
    eap.hex("k_re", keys.k_re.expose());
    eap.hex("msk", keys.msk.expose());
    eap.hex("emsk", keys.emsk.expose());
    eap.hex("kausf", keys.kausf().expose());
    eap.hex("kseaf", kseaf);
    eap.all_but(&[]);
}

/// The keys that EPS, 5G and EAP-AKA' take from one vector.
fn check_vector(row: &Value, checked: &mut Checked<'_>, set: &Algorithm) {
    let (rand, sqn, amf) = challenge(row);
    let make = || AuthenticationVector::new(set, rand, sqn, amf);
    let (network, name) = (plmn(row), NetworkName::from(&plmn(row)));
    let gsm = GsmTriplet::new(&make(), SresConversion::Folded);
    checked.hex("sres_c2", gsm.sres.expose());
    checked.hex("kc_c3", gsm.kc.expose());
    checked.hex("autn", &make().autn.0);
    checked.hex("auts", &Auts::new(set, &rand, sqn).0);
    if !amf.separation() {
        let missing = Some(AkaError::SeparationBitMissing);
        assert_eq!(EpsVector::new(make(), &network).err(), missing);
        assert_eq!(FiveGVector::new(make(), &name).err(), missing);
        assert_eq!(EapVector::new(make(), &name).err(), missing);
        return;
    }
    let eps = EpsVector::new(make(), &network).unwrap();
    checked.hex("kasme", eps.kasme.expose());
    checked.hex("xres", eps.xres.expose());
    let five_g = FiveGVector::new(make(), &name).unwrap();
    checked.hex("xres_star", five_g.xres_star.expose());
    checked.hex("hxres_star", &five_g.hxres_star());
    checked.hex("kausf", five_g.kausf.expose());
    checked.hex("kseaf", five_g::kseaf(&five_g.kausf, &name).expose());
    let eap = EapVector::new(make(), &name).unwrap();
    checked.hex("ck_prime", eap.ck_prime.expose());
    checked.hex("ik_prime", eap.ik_prime.expose());
    let identity = row["identity"].as_str().unwrap().as_bytes();
    let keys = EapKeys::new(&eap.ck_prime, &eap.ik_prime, identity);
    let kseaf = five_g::kseaf(&keys.kausf(), &name);
    check_eap(&row["eap"], checked.context, &keys, kseaf.expose());
}

fn check_case(row: &Value) -> Result<(), AkaError> {
    let context = row["name"].as_str().unwrap();
    let (rand, sqn, amf) = challenge(row);
    let set = Set::of(row);
    let mut checked = Checked::new(row, context);
    let (name, constant) = set.operator_constant();
    checked.hex(name, &constant);
    let out = set.outputs(&rand, sqn, amf);
    checked.hex("mac_a", out.mac_a.expose());
    checked.hex("mac_s", out.mac_s.expose());
    checked.hex("xres", out.xres.expose());
    checked.hex("ck", out.ck.expose());
    checked.hex("ik", out.ik.expose());
    checked.hex("ak", out.ak.expose());
    checked.hex("ak_s", out.ak_s.expose());
    let autn = Autn::new(sqn, &out.ak, amf, out.mac_a.array().unwrap());
    checked.hex("autn", &autn.0);
    let network = plmn(row);
    checked.hex("sn_id", &network.sn_id());
    let expected = row["serving_network_name"].as_str().unwrap();
    assert_eq!(NetworkName::from(&network).as_str(), expected, "{context}");
    let given = [
        "name",
        "alg",
        "lengths",
        "keccak_iterations",
        "k",
        "op",
        "top",
        "rand",
        "sqn",
        "amf",
        "serving_network",
        "serving_network_name",
        "identity",
    ];
    match set.algorithm() {
        Ok(set) => {
            check_vector(row, &mut checked, &set);
            checked.all_but(&[&given[..], &["eap"]].concat());
            Ok(())
        }
        Err(error) => {
            // What a vector can't carry has neither of these.
            checked.all_but(&[&given[..], &["auts", "sres_c2"]].concat());
            assert!(row.get("kasme").is_none(), "{context}");
            Err(error)
        }
    }
}

#[test]
fn every_drawn_case() {
    let file = file("aka-eps-5g.json");
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 200);
    let refused: Vec<_> = cases
        .iter()
        .filter_map(|row| check_case(row).err().map(|error| (row, error)))
        .collect();
    for (row, error) in &refused {
        let AkaError::LengthUnsupported { what, bits } = error else {
            panic!("{}: {error}", row["name"])
        };
        let theirs = row["lengths"][what.to_lowercase()].as_u64().unwrap();
        assert_eq!((u64::from(*bits), theirs), (256, 256), "{}", row["name"]);
    }
    let long = cases
        .iter()
        .filter(|row| ["ck", "ik"].iter().any(|key| row["lengths"][key] == 256));
    assert_eq!(refused.len(), long.count());
}

/// What a published answer gives: CK, IK and SQN ⊕ AK, at the least in part.
struct Given {
    ck: Secret<[u8; 16]>,
    ik: Secret<[u8; 16]>,
    concealed: Option<[u8; 6]>,
    rand: Option<Rand>,
    xres: Option<Vec<u8>>,
}

impl Given {
    fn of(given: &Value, checked: &mut Checked<'_>) -> Self {
        if given.get("alg").is_some() {
            let (rand, sqn, amf) = challenge(given);
            let set = Set::of(given);
            let (name, constant) = set.operator_constant();
            checked.hex(name, &constant);
            let out = set.outputs(&rand, sqn, amf);
            let autn = Autn::new(sqn, &out.ak, amf, out.mac_a.array().unwrap());
            checked.hex("autn", &autn.0);
            checked.hex("mac_a", out.mac_a.expose());
            checked.hex("mac_s", out.mac_s.expose());
            checked.hex("xres", out.xres.expose());
            checked.hex("ck", out.ck.expose());
            checked.hex("ik", out.ik.expose());
            checked.hex("ak", out.ak.expose());
            checked.hex("ak_s", out.ak_s.expose());
            return Self {
                ck: Secret::new(out.ck.array().unwrap()),
                ik: Secret::new(out.ik.array().unwrap()),
                concealed: Some(autn.concealed_sqn()),
                rand: Some(rand),
                xres: Some(out.xres.expose().to_vec()),
            };
        }
        let has = |name: &str| given.get(name).is_some();
        let concealed = if has("sqn_xor_ak") {
            Some(octets(given, "sqn_xor_ak"))
        } else {
            has("ak").then(|| {
                Sqn::from_octets(octets(given, "sqn")).concealed(&Secret::new(octets(given, "ak")))
            })
        };
        Self {
            ck: Secret::new(octets(given, "ck")),
            ik: Secret::new(octets(given, "ik")),
            concealed,
            rand: has("rand").then(|| Rand(octets(given, "rand"))),
            xres: has("xres").then(|| hex(given, "xres")),
        }
    }
}

fn check_published(row: &Value) {
    let context = row["name"].as_str().unwrap();
    let (given, expect) = (&row["given"], &row["expect"]);
    let mut checked = Checked::new(expect, context);
    let network = given.get("serving_network").map(|_| plmn(given));
    if let Some(network) = &network {
        checked.hex("sn_id", &network.sn_id());
    }
    if expect.get("sn_id").is_some() {
        return checked.all_but(&[]);
    }
    let name = network.as_ref().map_or_else(
        || NetworkName::from_str(given["network_name"].as_str().unwrap()).unwrap(),
        NetworkName::from,
    );
    let Given {
        ck,
        ik,
        concealed,
        rand,
        xres,
    } = Given::of(given, &mut checked);
    if let Some(concealed) = &concealed {
        if let Some(network) = &network {
            checked.hex("kasme", eps::kasme(&ck, &ik, network, concealed).expose());
        }
        let kausf = five_g::kausf(&ck, &ik, &name, concealed);
        checked.hex("kausf", kausf.expose());
        checked.hex("kseaf", five_g::kseaf(&kausf, &name).expose());
        let (ck_prime, ik_prime) = eap::primes(&ck, &ik, &name, concealed);
        checked.hex("ck_prime", ck_prime.expose());
        checked.hex("ik_prime", ik_prime.expose());
        if expect.get("eap").is_some() {
            let identity = given["identity"].as_str().unwrap().as_bytes();
            let keys = EapKeys::new(&ck_prime, &ik_prime, identity);
            check_eap(&expect["eap"], context, &keys, &[]);
        }
    }
    if let (Some(rand), Some(xres)) = (rand, xres) {
        let star = five_g::res_star(&ck, &ik, &name, &rand, &xres);
        checked.hex("xres_star", star.expose());
        checked.hex("hxres_star", &five_g::hres_star(&rand, &star));
    }
    checked.all_but(&["eap"]);
}

#[test]
fn every_published_answer() {
    let file = file("aka-eps-5g.json");
    let published = file["published"].as_array().unwrap();
    assert_eq!(published.len(), 22);
    published.iter().for_each(check_published);
}
