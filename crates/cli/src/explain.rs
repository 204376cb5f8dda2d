//! Reason codes in a sentence, where the code alone leaves a person at a loss
//! (docs/pcids.md).

/// What a code means and what can be done.
pub(crate) fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "dpf-unreachable-over-pcid" => {
            "the device reaches its DRF over its PCID, but not the new operator's DPF: the \
             visited network's packet gateway does not have the DPF on this PCID's allow-list \
             (rehome hlr allowed)"
        }
        "pcids-exhausted" => {
            "every PCID of the pool is in use or resting: add a pool, or have devices that have \
             moved erase theirs (drop_pcid)"
        }
        "imsis-exhausted" => "this operator has no IMSI left for new subscribers",
        "pcid-shared" => {
            "a group of devices shares this PCID, so that it does not say which device it is: \
             nothing can be pushed to one of them"
        }
        "pcid-in-use" => "another device has this PCID, or had it and has not given it back",
        "pcid-not-valid" => "the pool's validity has not begun, or is over",
        "batch-in-use" => "a device was made with a PCID of this batch already",
        "supplier-without-encipherment" => {
            "this operator does not have the supplier's leaf for batches: rehome peer \
             add-supplier --encipherment"
        }
        _ => return None,
    })
}
