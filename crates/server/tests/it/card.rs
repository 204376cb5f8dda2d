//! A card by the crate `milenage`, another implementation of TS 35.206: what an
//! AUTN conceals, and an AUTS (TS 33.102 clause 6.3.3).

use aka::Imsi;
use gsup::{AuthTuple, Resync};
use provisioning::effect::Effect;
use provisioning::payload::MilenageKeys;
use provisioning::ports::{Commit, OperatorStore};
use secret::Secret;

use crate::world::{RO, World};

pub const K: [u8; 16] = *b"K of the card 1!";
pub const OPC: [u8; 16] = *b"OPc of card one.";

fn card() -> milenage::Milenage {
    milenage::Milenage::new_with_opc(K, OPC)
}

fn xor<const N: usize>(a: [u8; N], b: [u8; N]) -> [u8; N] {
    std::array::from_fn(|at| a[at] ^ b[at])
}

/// SEQ and IND of a vector, after a look at its MAC.
pub fn seq_ind(tuple: &AuthTuple) -> (u64, u64) {
    let autn = tuple.umts.as_ref().unwrap().autn;
    let (concealed, rest) = autn.split_first_chunk::<6>().unwrap();
    let (amf, mac) = rest.split_first_chunk::<2>().unwrap();
    let (_, _, _, ak) = card().f2345(&tuple.rand);
    let sqn = xor(*concealed, ak);
    assert_eq!(card().f1(&tuple.rand, &sqn, amf), mac, "MAC-A");
    let mut octets = [0; 8];
    octets[2..].copy_from_slice(&sqn);
    let sqn = u64::from_be_bytes(octets);
    (sqn >> 5, sqn & 31)
}

pub fn amf(tuple: &AuthTuple) -> [u8; 2] {
    let autn = tuple.umts.as_ref().unwrap().autn;
    [autn[6], autn[7]]
}

/// What a card whose highest number is `seq` answers to the challenge.
pub fn resync(rand: [u8; 16], seq: u64) -> Resync {
    let sqn: [u8; 6] = (seq << 5).to_be_bytes()[2..].try_into().unwrap();
    let mut auts = [0; 14];
    auts[..6].copy_from_slice(&xor(sqn, card().f5star(&rand)));
    auts[6..].copy_from_slice(&card().f1star(&rand, &sqn, &[0, 0]));
    Resync { auts, rand }
}

/// SRES and Kc of the card (TS 55.205 clause 4: c2 and c3 of TS 33.102).
pub fn gsm(rand: [u8; 16]) -> ([u8; 4], [u8; 8]) {
    let (res, ck, ik, _) = card().f2345(&rand);
    let half = |octets: [u8; 16], at: usize| -> [u8; 8] { octets[at..at + 8].try_into().unwrap() };
    let kc = xor(xor(half(ck, 0), half(ck, 8)), xor(half(ik, 0), half(ik, 8)));
    let (first, second) = res.split_at(4);
    let sres = xor::<4>(first.try_into().unwrap(), second.try_into().unwrap());
    (sres, kc)
}

/// Puts the card's subscriber into the registration operator's HLR, enabled.
pub async fn plant(world: &World, imsi: &str) -> Imsi {
    let imsi: Imsi = imsi.parse().unwrap();
    let keys = MilenageKeys {
        k: Secret::new(K),
        opc: Secret::new(OPC),
        constants: None,
    };
    let create = Effect::CreateSubscriber {
        imsi: imsi.clone(),
        keys: keys.into(),
    };
    change(world, vec![create, Effect::EnableSubscriber(imsi.clone())]).await;
    imsi
}

/// Changes the store behind the node's back.
pub async fn change(world: &World, effects: Vec<Effect>) {
    let commit = Commit {
        effects,
        ..Commit::default()
    };
    world.operator(RO).store().commit(commit).await.unwrap();
}
