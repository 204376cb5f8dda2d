//! The allow-list of a PCID as a packet gateway wants it (docs/pcids.md): hosts
//! with their addresses. Computed from the store each time it is asked for, so
//! that a departure opens and closes the way to its DPFs.

use std::net::SocketAddr;

use aka::Imsi;
use provisioning::McimId;
use provisioning::ProvisioningError;
use provisioning::allowed::{AllowedHost, Service, allowed};
use provisioning::donor::{Departure, Home, Subscription};
use provisioning::pool::PoolStore;
use provisioning::ports::OperatorStore;
use serde_json::{Value, json};
use store::Store;
use tls::http::Hosts;
use trust::ShoId;

use super::Operator;
use crate::Error;

/// What an operator knows of hosts.
pub struct AllowedView<'a> {
    /// Its DRF.
    pub drf_url: &'a str,
    /// The host of its own OCSP responder.
    pub own_responder: Option<String>,
    /// Where DPF, DRF and the responder of its own are.
    pub own: OwnAddresses,
    /// Where the others are.
    pub hosts: &'a Hosts,
    /// The OCSP responder of another operator.
    pub responder_of: &'a (dyn Fn(&ShoId) -> Option<String> + Sync),
    /// The PVA of a supplier.
    pub pva_of: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// Where an operator's own servers are.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnAddresses {
    /// DPF and DRF.
    pub dm: Option<SocketAddr>,
    /// The responder.
    pub ocsp: Option<SocketAddr>,
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedEntry {
    /// The host, and what for.
    pub host: AllowedHost,
    /// Its addresses; none if it can't be resolved now.
    pub addresses: Vec<SocketAddr>,
}

impl AllowedEntry {
    /// As API and command line show it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        json!({
            "host": self.host.host,
            "port": self.host.service.port(),
            "service": self.host.service.name(),
            "addresses": addresses,
        })
    }
}

/// What the devices with this PCID may reach.
///
/// # Errors
/// `not-a-pcid` for a number by which nobody is here, or that is an MCIM's.
pub async fn allowed_for(
    store: &Store,
    view: &AllowedView<'_>,
    imsi: &Imsi,
) -> Result<Vec<AllowedEntry>, Error> {
    let mut list = Vec::new();
    for device in devices(store, imsi).await? {
        let responders = |departure: &Departure| {
            let host = (view.responder_of)(&departure.to);
            host.into_iter().collect()
        };
        let pva = (view.pva_of)(device.tre_id().supplier());
        let own = view.own_responder.as_deref();
        list.extend(allowed(
            &device,
            view.drf_url,
            responders,
            own,
            pva.as_deref(),
        ));
    }
    list.sort();
    list.dedup();
    let mut entries = Vec::new();
    for host in list {
        let addresses = match view.hosts.resolve(&host.host).await {
            Ok(addresses) => addresses,
            Err(_) => own_address(view, &host).into_iter().collect(),
        };
        entries.push(AllowedEntry { host, addresses });
    }
    Ok(entries)
}

fn own_address(view: &AllowedView<'_>, host: &AllowedHost) -> Option<SocketAddr> {
    match host.service {
        Service::Drf => view.own.dm,
        Service::Ocsp if view.own_responder.as_deref() == Some(host.host.as_str()) => view.own.ocsp,
        _ => None,
    }
}

/// The devices that are here with this number as their PCID.
async fn devices(store: &Store, imsi: &Imsi) -> Result<Vec<Subscription>, Error> {
    let mut devices = Vec::new();
    match store.subscription_of(imsi).await? {
        Some(device) => devices.push(device.value),
        None => {
            for tre_id in store.pcid_members(imsi).await? {
                let device = store.subscription(&tre_id).await?;
                devices.extend(device.map(|device| device.value));
            }
        }
    }
    devices.retain(|device| {
        *device.home() == Home::Here
            && device.mcim_id() == McimId::of_pcid(device.tre_id(), device.imsi())
    });
    if devices.is_empty() {
        return Err(ProvisioningError::refused("not-a-pcid").into());
    }
    Ok(devices)
}

/// The host of an `http` URL without a port.
pub(super) fn http_host(url: &str) -> Option<String> {
    let host = url.strip_prefix("http://")?.split('/').next()?;
    Some(host.to_owned())
}

impl Operator {
    /// What the devices with this PCID may reach.
    ///
    /// # Errors
    /// As [`allowed_for`].
    pub async fn allowed(&self, imsi: &Imsi) -> Result<Vec<AllowedEntry>, Error> {
        let shared = &self.0;
        let config = &shared.config;
        let responder_of = |sho_id: &ShoId| {
            let peer = config.peers.by_sho_id(sho_id)?;
            let domain = peer.peer.domains.first()?;
            Some(format!("ocsp.{domain}"))
        };
        let pva_of = |supplier: &str| {
            let known = config
                .pvas
                .iter()
                .find(|pva| pva.anchor.supplier().as_str() == supplier)?;
            Some(known.host.clone())
        };
        let view = AllowedView {
            drf_url: &config.drf_url,
            own_responder: shared.own_responder.clone(),
            own: shared.own,
            hosts: &config.hosts,
            responder_of: &responder_of,
            pva_of: &pva_of,
        };
        allowed_for(&shared.store, &view, imsi).await
    }
}
