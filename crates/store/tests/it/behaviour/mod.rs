//! What every backend of an operator's store must do (provisioning::ports). A
//! backend says how a store is made; the rest is the same for all.

mod aggregates;
mod clients;
mod effects;
mod model;
mod numbers;
mod outbox;
mod times;

use provisioning::ports::OperatorStore;
use store::Store;

use crate::scratch::Scratch;

/// A place for a store that outlives the store.
pub(crate) trait Backend {
    type Store: OperatorStore + 'static;

    fn new(name: &str) -> Self;

    /// The store there, as a process that has just started opens it.
    fn open(&self) -> Self::Store;
}

/// SQLite, opened through its URL.
struct Sqlite(Scratch);

impl Backend for Sqlite {
    type Store = Store;

    fn new(name: &str) -> Self {
        Self(Scratch::new(name))
    }

    fn open(&self) -> Store {
        self.0.open()
    }
}

macro_rules! suite {
    ($backend:ident: $($module:ident { $($name:ident),* $(,)? })*) => {
        mod sqlite {
            use super::{Backend, $backend};
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$module::$name(&$backend::new(stringify!($name))).await;
                }
            )*)*
        }
    };
}

suite! { Sqlite:
    aggregates {
        an_aggregate_is_stored_whole_and_found_by_its_names,
        what_was_changed_by_somebody_else_is_a_conflict,
        a_conflict_in_one_part_undoes_all_parts,
        a_new_aggregate_over_an_old_one_is_a_conflict,
        the_newest_order_is_the_one_stored_last,
        certificates_come_with_a_new_order_and_only_then,
        a_device_is_found_by_the_subscriber_that_it_is_now,
    }
    effects {
        a_subscriber_is_created_disabled_and_enabled_by_effect,
        effects_count_as_changes_by_somebody_else,
        a_subscriber_made_anew_is_not_the_deleted_one,
        enabling_nobody_is_an_error_and_stores_nothing,
        a_device_that_comes_back_keeps_its_departures,
    }
    outbox {
        a_message_waits_once_until_it_is_delivered,
        a_message_asked_for_while_it_is_delivered_is_not_lost,
        the_oldest_goes_first_and_a_postponed_one_waits,
        what_is_pushed_to_one_subscriber_goes_in_order,
        what_waits_for_a_subscriber_goes_at_once_when_it_is_reachable,
        the_outbox_survives_a_restart,
        a_subscriber_waits_once_for_its_hlr_and_anew_after_each_change,
    }
    numbers {
        no_imsi_is_given_twice_not_even_after_a_restart,
        an_imsi_that_was_imported_is_not_given,
        the_last_number_is_given_and_then_none,
        prefixes_that_overlap_or_are_no_prefixes_are_refused,
    }
    times {
        what_is_due_is_found_in_the_order_of_its_time,
    }
    clients {
        sixty_four_clients_at_once_lose_no_change,
        a_refused_commit_does_not_undo_those_beside_it,
    }
    model {
        random_operations_agree_with_a_model,
    }
}
