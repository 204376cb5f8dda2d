//! What a device may reach while it is on its PCID (TR 33.812 B.2.2.2: "the
//! connectivity might be restricted"; docs/pcids.md): its DRF, the DPFs of its
//! open orders, those who answer about certificates, the PVA. For the packet
//! gateway of the network that it is in.

use crate::donor::{Departure, Home, Subscription};
use crate::peer::https_host;

/// What a host is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The current operator's DRF.
    Drf,
    /// A DPF that was announced.
    Dpf,
    /// An OCSP responder.
    Ocsp,
    /// The PVA of the device's supplier.
    Pva,
}

impl Service {
    /// The name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drf => "drf",
            Self::Dpf => "dpf",
            Self::Ocsp => "ocsp",
            Self::Pva => "pva",
        }
    }

    /// The TCP port of URLs without one.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Drf | Self::Dpf | Self::Pva => 443,
            Self::Ocsp => 80,
        }
    }
}

/// A host that may be reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedHost {
    /// Its name.
    pub host: String,
    /// What for.
    pub service: Service,
}

/// The list for one device, sorted, each host once for each service; nothing
/// for one that is not ours. `responders` are the OCSP responders of the
/// operators whose servers it talks to, `pva` the PVA's host.
#[must_use]
pub fn allowed(
    device: &Subscription,
    drf_url: &str,
    responders: impl Fn(&Departure) -> Vec<String>,
    own_responder: Option<&str>,
    pva: Option<&str>,
) -> Vec<AllowedHost> {
    if *device.home() != Home::Here {
        return Vec::new();
    }
    let entry = |host: &str, service| AllowedHost {
        host: host.to_owned(),
        service,
    };
    let mut list: Vec<AllowedHost> = https_host(drf_url)
        .map(|host| entry(host, Service::Drf))
        .into_iter()
        .chain(own_responder.map(|host| entry(host, Service::Ocsp)))
        .chain(pva.map(|host| entry(host, Service::Pva)))
        .collect();
    for departure in device.departures().iter().filter(|it| it.is_open()) {
        let dpfs = departure
            .prov_urls()
            .iter()
            .filter_map(|url| https_host(url));
        list.extend(dpfs.map(|host| entry(host, Service::Dpf)));
        let responders = responders(departure);
        list.extend(responders.iter().map(|host| entry(host, Service::Ocsp)));
    }
    list.sort();
    list.dedup();
    list
}
