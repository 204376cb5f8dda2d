//! What the demo came to, from the stores: for people a table, for scripts one
//! object.

use std::time::{Duration, Instant};

use anyhow::Result;
use provisioning::ports::hlr::{HlrPort, HlrProbe};
use provisioning::ports::{Message, OperatorStore};
use provisioning::recipient::OrderState;
use serde_json::{Value, json};
use server::operator::Operator;
use tokens::os;
use tokio::time::sleep;

use super::checks::{CheckLog, CheckSummary};
use super::parties::Parties;
use super::plan::Plan;
use super::steps::{StepLog, StepSummary};

/// The counts over the whole data directory.
pub(super) struct Report {
    devices: u32,
    moves: u64,
    completed: u64,
    failed: u64,
    rolled_back: u64,
    expected_rollbacks: u64,
    outstanding: u64,
    elapsed_s: f64,
    steps: Vec<StepSummary>,
    checks: CheckSummary,
    operators: Vec<OperatorCounts>,
}

struct OperatorCounts {
    plmn: String,
    active: u64,
    released: u64,
    /// What the operator's OsmoHLR says, where it has one.
    hlr: Option<HlrProbe>,
}

/// How long what is still on its way to an HLR may take.
const SETTLING: Duration = Duration::from_secs(20);

impl OperatorCounts {
    fn json(&self) -> Value {
        let mut row = json!({
            "plmn": self.plmn, "active": self.active, "released": self.released,
            "hlr": if self.hlr.is_some() { "osmo" } else { "embedded" },
        });
        if let (Some(hlr), Some(row)) = (&self.hlr, row.as_object_mut()) {
            let found = json!({
                "program": hlr.program, "subscribers": hlr.subscribers,
                "enabled": hlr.enabled, "located": hlr.located,
            });
            row.insert("in_hlr".to_owned(), found);
        }
        row
    }
}

/// Returns when nothing is on its way to the operator's HLR any more, or after a
/// while.
async fn settled(operator: &Operator) -> Result<()> {
    let began = Instant::now();
    let later = os::now().plus(Duration::from_secs(86_400));
    while began.elapsed() < SETTLING {
        let waiting = operator.store().outgoing(later, 1).await?;
        let on_its_way = waiting
            .iter()
            .any(|row| matches!(row.message, Message::Provision(_)));
        if !on_its_way {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

impl Report {
    pub(super) async fn collect(
        parties: &Parties,
        plan: &Plan,
        steps: &StepLog,
        checks: &CheckLog,
        elapsed_s: f64,
    ) -> Result<Self> {
        let mut report = Self {
            devices: plan.devices,
            moves: plan.moves().into(),
            completed: 0,
            failed: 0,
            rolled_back: 0,
            expected_rollbacks: plan.no_coverage.into(),
            outstanding: 0,
            elapsed_s,
            steps: steps.summary()?,
            checks: checks.summary()?,
            operators: Vec::new(),
        };
        for node in &parties.operators {
            let operator = node.operator();
            let plmn = operator.sho_id().to_string();
            let hlr = match parties.osmo.get(&plmn) {
                Some(osmo) => {
                    settled(operator).await?;
                    Some(osmo.connector()?.probe().await?)
                }
                None => None,
            };
            let counts = operator.store().order_counts().await?;
            let of = |state: OrderState| counts.get(state.name()).copied().unwrap_or(0);
            report.completed += of(OrderState::Completed);
            report.failed += of(OrderState::Failed);
            report.rolled_back += of(OrderState::RolledBack);
            report.operators.push(OperatorCounts {
                plmn,
                hlr,
                active: operator.store().subscriber_counts().await?.enabled,
                released: operator.store().departures_released().await?,
            });
        }
        let ended = report.completed + report.failed + report.rolled_back;
        report.outstanding = report.moves.saturating_sub(ended);
        Ok(report)
    }

    /// Whether everything went as it was planned.
    pub(super) fn is_good(&self) -> bool {
        // Whoever may attach by the store may do so by the HLR, and nobody else.
        let hlrs = self.operators.iter().all(|one| {
            let hlr = one.hlr.as_ref();
            hlr.is_none_or(|hlr| hlr.enabled == one.active)
        });
        let ended = self.failed == 0 && self.outstanding == 0;
        hlrs && ended && self.rolled_back == self.expected_rollbacks
    }

    pub(super) fn json(&self) -> Value {
        let operators: Vec<Value> = self.operators.iter().map(OperatorCounts::json).collect();
        json!({
            "devices": self.devices,
            "moves": self.moves,
            "completed": self.completed,
            "failed": self.failed,
            "rolled_back": self.rolled_back,
            "expected_rollbacks": self.expected_rollbacks,
            "outstanding": self.outstanding,
            "elapsed_s": (self.elapsed_s * 1e3).round() / 1e3,
            "steps": self.steps.iter().map(StepSummary::json).collect::<Vec<_>>(),
            "certificate_checks": self.checks.json(),
            "operators": operators,
        })
    }

    /// For people.
    pub(super) fn print(&self) {
        println!("step  what                            count       p50 ms       p99 ms");
        for step in &self.steps {
            let millis = |time: std::time::Duration| time.as_secs_f64() * 1e3;
            println!(
                "{:<5} {:<30} {:>6} {:>12.1} {:>12.1}",
                step.step.number(),
                step.step.name(),
                step.count,
                millis(step.p50),
                millis(step.p99)
            );
        }
        println!();
        println!("operator   active subscribers   released   HLR");
        for one in &self.operators {
            let hlr = one.hlr.as_ref().map_or("its own".to_owned(), |hlr| {
                format!(
                    "{}: {} enabled, {} attached so far",
                    hlr.program, hlr.enabled, hlr.located
                )
            });
            println!(
                "{:<10} {:>18} {:>10}   {hlr}",
                one.plmn, one.active, one.released
            );
        }
        println!();
        println!(
            "{} certificates checked by OCSP, by {} devices; {} refused",
            self.checks.answered,
            self.checks.devices.len(),
            self.checks.refused
        );
        println!(
            "{} devices, {} of {} moves completed, {} rolled back ({} expected), {} failed, \
             {} outstanding, in {:.1} s",
            self.devices,
            self.completed,
            self.moves,
            self.rolled_back,
            self.expected_rollbacks,
            self.failed,
            self.outstanding,
            self.elapsed_s
        );
    }
}
