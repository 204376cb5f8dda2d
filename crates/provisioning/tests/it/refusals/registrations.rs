//! Section 1: certificates that a recipient does not take at registration,
//! where nothing is sealed yet. The code is the row's result.

use provisioning::Reason;

use super::Case;
use crate::world::{Device, Supplier, World, code};

pub(super) const CASES: &[(&str, Case)] = &[
    ("certificate that no PVA signed", no_pva),
    ("TRE of a supplier whose PVA is not known", unknown_pva),
    ("TRE_id outside its PVA's name", other_name),
    ("certificate of another TRE", other_tre),
    ("TRE without an algorithm of the operator's", no_algorithm),
];

fn registered_with(world: &mut World, device: &Device) -> Reason {
    let token = world.token(device, "001-02");
    code(world.register(device, "001-02", Some(token)))
}

/// A device whose certificates come from another supplier of that name.
fn from_supplier(world: &mut World, name: &str) -> (Supplier, Device) {
    let now = world.now;
    let other = Supplier::new(name, now, &mut world.random);
    let known = std::mem::replace(&mut world.supplier, other);
    let device = world.device();
    let other = std::mem::replace(&mut world.supplier, known);
    (other, device)
}

fn no_pva(world: &mut World, _: &mut Device) -> Reason {
    let (_, device) = from_supplier(world, "acme");
    registered_with(world, &device)
}

fn unknown_pva(world: &mut World, _: &mut Device) -> Reason {
    let (_, device) = from_supplier(world, "acme2");
    registered_with(world, &device)
}

fn other_name(world: &mut World, device: &mut Device) -> Reason {
    // A CertTRE of the supplier `acme2`, offered for a TRE_id of `acme`; the
    // recipient knows both PVAs, and asks that of the name.
    let (other, stranger) = from_supplier(world, "acme2");
    let certificates = &stranger.certificates;
    let leaf = trust::Certificate::from_der(&certificates.signature).unwrap();
    let known =
        trust::PvaAnchor::new("acme".parse().unwrap(), other.pva.certificate().clone()).unwrap();
    let time = world.time();
    let refused = trust::verify_tre(
        &leaf,
        &known,
        trust::TreUse::Signature,
        stranger.tre_id().as_str(),
        time,
    );
    let _ = device;
    Reason::parse(refused.unwrap_err().code()).unwrap()
}

/// A TRE with TUAK alone; the operator has no TOP.
fn no_algorithm(world: &mut World, _: &mut Device) -> Reason {
    let usual = std::mem::replace(&mut world.supplier.limits.algorithms, vec![2]);
    let device = world.device();
    world.supplier.limits.algorithms = usual;
    registered_with(world, &device)
}

fn other_tre(world: &mut World, device: &mut Device) -> Reason {
    let other = world.device();
    let mine = device.certificates.clone();
    device.certificates = other.certificates.clone();
    let reason = registered_with(world, device);
    device.certificates = mine;
    reason
}
