//! The device's session for an order (docs/operator-change.md section 6):
//! `ready`, the package and its install before the probation; the confirmation
//! and the outcome after it.

use ::tre::Backend;
use clock::{Random, Tick};
use dm::auth::Requirement;
use dm::client::{AlertId, Config, Event, GenericAlert, Session};
use dm::session::{Encoding, Received, Transmit};
use dm::tree::{Acl, Node, NodeUri, Right, Rights, ServerId, Tree, TreeLimits, Value};
use trust::TimePolicy;

use super::account::DeviceAccount;
use super::names::{
    ALERT_CONFIRMATION, ALERT_INSTALL, ALERT_READY, INSTALLED, MO_M2MCIMM, MO_M2MM, SIGNED,
    nap_node, uri,
};
use super::object::{OrderObject, Shared};
use crate::bootstrap::NetworkAccess;
use crate::documents::TreInfo;
use crate::tre::{Phase, Report, Tre};
use crate::{ProvisioningError, Reason};

/// One session of the device with the order's DPF.
pub struct DeviceSession {
    session: Session,
    tree: Tree,
    left: Shared,
    account: DeviceAccount,
    /// The install alert, and whether it said that all went well.
    install: Option<(AlertId, bool)>,
    /// The alert that carries the outcome.
    outcome: Option<AlertId>,
    end: SessionEnd,
    over: bool,
}

/// What a session came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionEnd {
    /// The DPF has acknowledged the install: the probation may begin.
    pub installed: bool,
    /// The DPF has acknowledged the outcome.
    pub settled: bool,
    /// The new operator's network, if it gave one.
    pub access: Option<NetworkAccess>,
    /// Why the session did not come to its regular end.
    pub aborted: Option<Reason>,
}

impl DeviceSession {
    /// A session for the TRE's open order, its messages in `encoding`. The TRE's state may have changed and
    /// the account has: both are to be stored before the first message leaves.
    ///
    /// # Errors
    /// No open order, or one in its probation; what the TRE says.
    pub fn new<B: Backend>(
        tre: &mut Tre<B>,
        mut account: DeviceAccount,
        encoding: Encoding,
        random: &mut dyn Random,
    ) -> Result<Self, ProvisioningError> {
        let (order_id, phase) = tre
            .open_order()
            .ok_or(ProvisioningError::OutOfOrder("no order is open"))?;
        let url = account.prov_url().unwrap_or_default().to_owned();
        if order_id != account.order_id || url.is_empty() {
            return Err(ProvisioningError::OutOfOrder(
                "the account is another order's",
            ));
        }
        let server: ServerId = account.server_id.parse()?;
        let device = tre.tre_id().as_str().to_owned();
        let session_id = account.next_session().as_str().into();
        let mut config = Config::new(
            server.clone(),
            url,
            device.as_str(),
            session_id,
            uri("./DevInfo")?,
        );
        config.encoding = encoding;
        config.prove = Some(account.prove()?);
        config.verify = Requirement::Credentials(account.verify()?);
        config.nonces = account.nonces();
        let left = Shared::default();
        let opening = opening(tre, phase, random)?;
        let object = OrderObject::new(
            order_id.to_string(),
            server.clone(),
            state_name(phase),
            left.clone(),
        );
        let tree = tree(&device, &server, &tre.info(), opening.signed, object)?;
        let mut this = Self {
            session: Session::new(config),
            tree,
            left,
            account,
            install: None,
            outcome: None,
            end: SessionEnd::default(),
            over: false,
        };
        let alert = this.alert(opening.type_, Value::octets(opening.data))?;
        if matches!(phase, Phase::Committed | Phase::RolledBack) {
            this.outcome = Some(alert);
        }
        this.session.start(&this.tree)?;
        Ok(this)
    }

    /// The account as it is to be stored.
    #[must_use]
    pub fn account(&self) -> &DeviceAccount {
        &self.account
    }

    /// Takes the DPF's message and does what it asks. TRE and account are to be
    /// stored before the next message leaves.
    ///
    /// # Errors
    /// A message that is not of this session; it changed nothing.
    pub fn handle_message<B: Backend>(
        &mut self,
        now: Tick,
        received: &Received<'_>,
        tre: &mut Tre<B>,
        time: TimePolicy,
        random: &mut dyn Random,
    ) -> Result<(), ProvisioningError> {
        self.session
            .handle_message(now, &mut self.tree, received, random)?;
        self.drain()?;
        if self.left.with(|left| std::mem::take(&mut left.install)) {
            let package = self
                .left
                .with(|left| left.package.clone())
                .unwrap_or_default();
            let result = tre.install(&package, time, random);
            let said = match &result {
                Ok(_) => INSTALLED.to_owned(),
                Err(error) => error.reason().code().to_owned(),
            };
            let alert = self.alert(ALERT_INSTALL, Value::text(said))?;
            self.install = Some((alert, result.is_ok()));
        }
        if let Some(decision) = self.left.with(|left| left.decision.take()) {
            self.decided(tre, &decision, time)?;
        }
        Ok(())
    }

    /// A decision that is refused is reported, and another may follow.
    fn decided<B: Backend>(
        &mut self,
        tre: &mut Tre<B>,
        decision: &[u8],
        time: TimePolicy,
    ) -> Result<(), ProvisioningError> {
        match tre.decide(decision, time) {
            Ok(outcome) => {
                self.outcome = Some(self.alert(ALERT_CONFIRMATION, Value::octets(outcome.octets))?);
            }
            Err(error) => {
                self.alert(
                    ALERT_CONFIRMATION,
                    Value::text(error.reason().code().to_owned()),
                )?;
            }
        }
        Ok(())
    }

    /// The next message, with its address.
    ///
    /// # Errors
    /// What came of composing it.
    pub fn poll_transmit(&mut self, now: Tick) -> Result<Option<Transmit>, ProvisioningError> {
        let transmit = self.session.poll_transmit(now);
        self.drain()?;
        let first = self.account.prov_url().unwrap_or_default().to_owned();
        Ok(transmit.map(|transmit| Transmit {
            to: transmit.to.or(Some(first)),
            ..transmit
        }))
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        self.session.poll_timeout()
    }

    /// Repeats the last message, or gives up.
    ///
    /// # Errors
    /// None of its own.
    pub fn handle_timeout(&mut self, now: Tick) -> Result<(), ProvisioningError> {
        self.session.handle_timeout(now);
        self.drain()
    }

    /// What the session came to, once it is over.
    #[must_use]
    pub fn poll_end(&self) -> Option<&SessionEnd> {
        self.over.then_some(&self.end)
    }

    fn alert(&mut self, type_: &str, value: Value) -> Result<AlertId, ProvisioningError> {
        let alert = GenericAlert {
            type_: type_.to_owned(),
            source: None,
            correlator: Some(self.account.order_id.to_string()),
            mark: None,
            value,
        };
        Ok(self.session.alert(alert)?)
    }

    fn drain(&mut self) -> Result<(), ProvisioningError> {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::NoncesChanged(nonces) => self.account.set_nonces(&nonces),
                Event::AlertAnswered { alert, status } if status.is_success() => {
                    self.end.installed |= self.install == Some((alert, true));
                    self.end.settled |= self.outcome == Some(alert);
                }
                Event::Finished => self.finish(None)?,
                Event::Aborted(reason) => self.finish(Some(Reason::new(reason.code())))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(&mut self, aborted: Option<Reason>) -> Result<(), ProvisioningError> {
        self.over = true;
        self.end.aborted = aborted;
        let order_id = self.account.order_id;
        let text = |leaf: &str| -> Result<Option<String>, ProvisioningError> {
            let value = self.tree.value(&uri(&nap_node(order_id, leaf))?);
            Ok(value
                .ok()
                .and_then(|value| String::from_utf8(value.data().to_vec()).ok()))
        };
        if let (Some(id), Some(apn)) = (text("NAPID")?, text("NAPAddr")?) {
            self.end.access = Some(NetworkAccess { id, apn });
        }
        Ok(())
    }
}

/// How a session begins.
struct Opening {
    /// The signed request, where the order still needs its package.
    signed: Option<Vec<u8>>,
    type_: &'static str,
    data: Vec<u8>,
}

/// The signed request where the order needs one, and the first alert.
fn opening<B: Backend>(
    tre: &mut Tre<B>,
    phase: Phase,
    random: &mut dyn Random,
) -> Result<Opening, ProvisioningError> {
    let none = ProvisioningError::OutOfOrder("the order has nothing to say now");
    let report = |report: Option<Report>| report.map(|report| report.octets);
    let data = match phase {
        Phase::Candidate | Phase::Installed => {
            let (order_id, _) = tre.open_order().ok_or(none)?;
            let signed = Some(tre.request(order_id, random)?.octets);
            let data = order_id.to_string().into_bytes();
            return Ok(Opening {
                signed,
                type_: ALERT_READY,
                data,
            });
        }
        Phase::Probation => None,
        Phase::Attached | Phase::Failed => report(tre.confirmation()),
        Phase::Committed | Phase::RolledBack => report(tre.outcome()),
    };
    Ok(Opening {
        signed: None,
        type_: ALERT_CONFIRMATION,
        data: data.ok_or(none)?,
    })
}

fn state_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Candidate => "waiting",
        Phase::Installed => "installed",
        Phase::Probation => "probation",
        Phase::Attached => "attached",
        Phase::Failed => "failed",
        Phase::Committed => "committed",
        Phase::RolledBack => "rolled-back",
    }
}

/// The tree of one session: what the order's server may see, and nothing else.
fn tree(
    device: &str,
    server: &ServerId,
    info: &TreInfo,
    signed: Option<Vec<u8>>,
    object: OrderObject,
) -> Result<Tree, ProvisioningError> {
    let mut tree = Tree::new(Acl::only(server, &[Right::Get]), TreeLimits::default());
    let get = Rights::of(&[Right::Get]);
    let mut put = |path: &str, node: Node| -> Result<(), ProvisioningError> {
        Ok(tree.put(uri(path)?, node.permanent())?)
    };
    put("./DevInfo", Node::interior().taking(get))?;
    let about = [
        ("DevId", device),
        ("Man", "rehome"),
        ("Mod", "m2me"),
        ("DmV", "1.2"),
        ("Lang", "en"),
    ];
    for (name, value) in about {
        put(
            &format!("./DevInfo/{name}"),
            Node::leaf(Value::text(value)).taking(get),
        )?;
    }
    put("./M2MM", Node::object(MO_M2MM).taking(get))?;
    put("./M2MM/TREInfo", Node::interior().taking(get))?;
    for (name, value) in make(info) {
        put(
            &format!("./M2MM/TREInfo/{name}"),
            Node::leaf(Value::text(value)).taking(get),
        )?;
    }
    if let Some(signed) = signed {
        put(SIGNED, Node::leaf(Value::octets(signed)).taking(get))?;
    }
    let adds = Rights::of(&[Right::Add, Right::Get]);
    let nap = Node::interior()
        .taking(adds)
        .with_acl(Acl::only(server, &[Right::Add, Right::Get, Right::Replace]));
    put("./NAP", nap)?;
    let at: NodeUri = uri("./M2MCIMM")?;
    tree.mount(
        at,
        MO_M2MCIMM,
        Some(Acl::only(server, &Right::ALL)),
        Box::new(object),
    )?;
    Ok(tree)
}

/// The leaves of `./M2MM/TREInfo`.
fn make(info: &TreInfo) -> [(&'static str, String); 6] {
    let list = |numbers: &[u8]| {
        numbers
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    [
        ("Type", info.kind.clone()),
        ("Model", info.model.clone()),
        ("FwVer", info.firmware.clone()),
        ("Suites", list(&info.suites)),
        ("Algs", list(&info.algorithms)),
        ("FreeSlots", info.free_slots.to_string()),
    ]
}
