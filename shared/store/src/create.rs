//! Storing a new call, once per request key and never beside a live call of the same number.

use super::{
    call_store::CallStore,
    campaign_load::Terms,
    error::StoreError,
    item,
    request_key::{RequestKey, Stored},
    row,
    transaction::{Ended, Role, Transaction},
};
use call::{CallRequest, Decision, ids::CallId};
use campaign::RowDecision;

/// What became of a new call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// Stored.
    Stored,
    /// The number has a live call already: this one. Nothing was stored.
    PhoneBusy(CallId),
    /// The number wants no calls. Nothing was stored.
    OptedOut,
    /// A request with the same key came before. Nothing was stored.
    Repeated(Stored),
    /// The row or its campaign is not what it was when the row's turn came, or the patient of the row that
    /// is tried out was erased. Nothing was stored.
    TurnOver,
}

/// The turn of a row: what its call is held to when it is stored.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What the campaign must still be like.
    pub terms: Terms,
    /// The row as it is then.
    pub row: RowDecision,
}

/// Tries to create a call while other transactions touch the same items. Conflicts last
/// milliseconds; past this many the client is told to try again.
const CREATE_TRIES_MAX: u32 = 5;

impl CallStore {
    /// Stores a new call: session, request, row for reports, due dial, audit line, phone lock, statistics, the
    /// patient's list of calls, and the client's key of the request if it brought one.
    ///
    /// # Errors
    /// [`StoreError`]; the call may then exist all the same, held by its phone lock.
    pub async fn create(
        &self,
        request: &CallRequest,
        decision: &Decision,
        key: Option<&RequestKey>,
    ) -> Result<Created, StoreError> {
        self.create_with(request, decision, key, None).await
    }

    /// Stores the call of a row whose turn it is, as [`Self::create`] does, and the row with it.
    ///
    /// # Errors
    /// [`StoreError`]; the call may then exist all the same, and its row says so.
    pub async fn create_of_row(
        &self,
        request: &CallRequest,
        decision: &Decision,
        turn: &Turn,
    ) -> Result<Created, StoreError> {
        self.create_with(request, decision, None, Some(turn)).await
    }

    async fn create_with(
        &self,
        request: &CallRequest,
        decision: &Decision,
        key: Option<&RequestKey>,
        turn: Option<&Turn>,
    ) -> Result<Created, StoreError> {
        let phone = &request.patient.phone_number;
        for _ in 0..CREATE_TRIES_MAX {
            let mut creation = self.creation(request, decision, key)?;
            if let (Some(of), Some(turn)) = (request.campaign, turn) {
                self.check_runs(&mut creation, of.id, turn.terms);
                self.write_row_moved(&mut creation, of.id, &turn.row)?;
            }
            match self.run(creation).await? {
                Ended::Applied => return Ok(Created::Stored),
                Ended::Conflict => {}
                Ended::Failed(Role::OptOut) => return Ok(Created::OptedOut),
                Ended::Failed(Role::Campaign | Role::Row) => return Ok(Created::TurnOver),
                Ended::Failed(Role::Key) => {
                    let now = decision.next.created_at;
                    if let Some(stored) = self.stored_answer(key, now).await? {
                        return Ok(Created::Repeated(stored));
                    }
                    // It expired between the two requests: try once more.
                }
                Ended::Failed(_) => {
                    if let Some(id) = self.live_call_of(phone).await? {
                        return Ok(Created::PhoneBusy(id));
                    }
                    // The lock was freed between the two requests: try once more.
                }
            }
        }
        Err(StoreError::contended())
    }

    /// The key comes first, so that a repeated request hears of itself before it hears of the
    /// lock that it holds.
    fn creation(
        &self,
        request: &CallRequest,
        decision: &Decision,
        key: Option<&RequestKey>,
    ) -> Result<Transaction, StoreError> {
        let next = &decision.next;
        let mut all = Transaction::default();
        if let Some(key) = key {
            all.put(Role::Key, self.put_key(key, next.id, next.created_at));
        }
        let unwanted = item::opt_out_key(&next.phone);
        all.check(
            Role::OptOut,
            self.check_that(unwanted, "attribute_not_exists(PK)"),
        );
        let until = next.over_by();
        let put = self
            .put(self.kept(row::session(next)?, until))
            .condition_expression("attribute_not_exists(PK)");
        all.put(Role::Session, put);
        let put = self
            .put(row::lock(&next.phone, next.id))
            .condition_expression("attribute_not_exists(PK)");
        all.put(Role::Lock, put);
        let asked = self.kept(row::request(request)?, until);
        all.put(Role::Other, self.put(asked));
        let of_patient = item::patient_call(request.patient_key().as_ref(), next.id);
        all.put(Role::Other, self.put(self.kept(of_patient, until)));
        if let Some(of) = request.test_of {
            self.write_test_call(&mut all, of, next);
        }
        let of_number = item::number_call(&next.phone, next.created_at, next.id);
        all.put(Role::Other, self.put(self.kept(of_number, until)));
        self.write_row(&mut all, request, next)?;
        self.write_dial(&mut all, decision);
        self.write_audit(&mut all, decision)?;
        self.write_stats(&mut all, decision);
        Ok(all)
    }
}
