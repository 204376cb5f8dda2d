//! Routing by an IMSI's first digits (docs/operator-change.md, section 1:
//! unambiguous at load; TS 23.003 clause 2.2 for the IMSI's shape).

use std::collections::BTreeMap;

use crate::{ShoId, TrustError};

/// What belongs to which operator, found by the operator's name or by the
/// first digits of an IMSI. An IMSI doesn't say how long its MNC is, so the
/// table holds no two operators of which one's digits begin the other's.
#[derive(Clone, Debug)]
pub struct RoutingTable<T> {
    /// By MCC and MNC without the hyphen.
    routes: BTreeMap<String, (ShoId, T)>,
}

impl<T> RoutingTable<T> {
    /// A table of these pairs.
    ///
    /// # Errors
    /// [`TrustError::RouteAmbiguous`] if one operator's digits begin another's,
    /// or one operator stands there twice.
    pub fn new(pairs: impl IntoIterator<Item = (ShoId, T)>) -> Result<Self, TrustError> {
        let mut routes: BTreeMap<String, (ShoId, T)> = BTreeMap::new();
        for (sho_id, target) in pairs {
            let prefix = sho_id.prefix();
            if let Some((known, _)) = routes.get(&prefix) {
                return Err(ambiguous(known, &sho_id));
            }
            routes.insert(prefix, (sho_id, target));
        }
        // What begins with a prefix follows it at once in this order, so
        // looking at neighbours is enough.
        for ((prefix, (shorter, _)), (next, (longer, _))) in
            routes.iter().zip(routes.iter().skip(1))
        {
            if next.starts_with(prefix) {
                return Err(ambiguous(shorter, longer));
            }
        }
        Ok(Self { routes })
    }

    /// The operator that `imsi` belongs to, and its target. `None` if there is
    /// none, or the text is not 6 to 15 decimal digits.
    #[must_use]
    pub fn by_imsi(&self, imsi: &str) -> Option<(&ShoId, &T)> {
        let is_imsi =
            (6..=15).contains(&imsi.len()) && imsi.bytes().all(|octet| octet.is_ascii_digit());
        if !is_imsi {
            return None;
        }
        [5, 6]
            .into_iter()
            .filter_map(|length| self.routes.get(imsi.get(..length)?))
            .map(|(sho_id, target)| (sho_id, target))
            .next()
    }

    /// The target of an operator, whose MNC must be written as in the table.
    #[must_use]
    pub fn by_sho_id(&self, sho_id: &ShoId) -> Option<&T> {
        let (known, target) = self.routes.get(&sho_id.prefix())?;
        (known == sho_id).then_some(target)
    }

    /// All pairs, in the order of their digits.
    pub fn iter(&self) -> impl Iterator<Item = (&ShoId, &T)> {
        self.routes
            .values()
            .map(|(sho_id, target)| (sho_id, target))
    }
}

fn ambiguous(shorter: &ShoId, longer: &ShoId) -> TrustError {
    TrustError::RouteAmbiguous {
        shorter: shorter.to_string(),
        longer: longer.to_string(),
    }
}
