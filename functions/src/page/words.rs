//! What the page says, in each language: a word that is missing does not compile.

mod english;
mod forms;
mod hindi;
mod reasons;

pub(super) use forms::{Field, Forms};
pub(super) use reasons::Reasons;

use call::{CallState, EndCause, GapReason, Voice, answers::SUMMARY};
use campaign::{RowState, State};

/// All that is said, in one language.
pub(super) struct Words {
    /// Its code in HTML.
    pub(super) code: &'static str,
    call_states: fn(CallState) -> &'static str,
    end_causes: fn(EndCause) -> &'static str,
    campaign_states: fn(State) -> &'static str,
    row_states: fn(RowState) -> &'static str,
    gap_reasons: fn(GapReason) -> &'static str,
    /// Of making a campaign.
    pub(super) forms: &'static Forms,
    /// Why something is not so.
    pub(super) reasons: &'static Reasons,
    pub(super) product: &'static str,
    pub(super) language: &'static str,
    pub(super) skip: &'static str,
    pub(super) views: &'static str,
    pub(super) now: &'static str,
    pub(super) calls: &'static str,
    pub(super) campaigns: &'static str,
    pub(super) figures: &'static str,
    pub(super) log_in: &'static str,
    pub(super) log_out: &'static str,
    pub(super) api_key: &'static str,
    pub(super) wrong_key: &'static str,
    pub(super) about_keys: &'static str,
    pub(super) not_shown: &'static str,
    pub(super) no_such_view: &'static str,
    pub(super) foreign_request: &'static str,
    pub(super) key_may_not: &'static str,
    pub(super) updates: &'static str,
    pub(super) fresh: &'static str,
    pub(super) stale: &'static str,
    pub(super) times_are_of: &'static str,
    pub(super) none: &'static str,
    pub(super) and_more: &'static str,
    pub(super) patient: &'static str,
    pub(super) number: &'static str,
    pub(super) state: &'static str,
    pub(super) attempt: &'static str,
    pub(super) attempts: &'static str,
    pub(super) attempts_so_far: &'static str,
    pub(super) for_how_long: &'static str,
    pub(super) answers: &'static str,
    pub(super) channels_in_use: &'static str,
    pub(super) talking: &'static str,
    pub(super) waiting: &'static str,
    pub(super) completed: &'static str,
    pub(super) failed: &'static str,
    pub(super) unfinished: &'static str,
    pub(super) live_calls: &'static str,
    pub(super) next_dials: &'static str,
    pub(super) next_dial: &'static str,
    pub(super) nobody_is_dialled: &'static str,
    pub(super) since: &'static str,
    pub(super) asked_at: &'static str,
    pub(super) because: &'static str,
    pub(super) talk_secs: &'static str,
    pub(super) day: &'static str,
    pub(super) days: &'static str,
    pub(super) all: &'static str,
    pub(super) show: &'static str,
    pub(super) search: &'static str,
    pub(super) patient_id: &'static str,
    pub(super) calls_of_the_patient: &'static str,
    pub(super) one_call: &'static str,
    pub(super) campaign: &'static str,
    pub(super) row: &'static str,
    pub(super) reveal: &'static str,
    pub(super) cancel_waiting: &'static str,
    pub(super) cancel_live: &'static str,
    pub(super) transcript: &'static str,
    pub(super) turns_hidden: &'static str,
    pub(super) recording: &'static str,
    pub(super) recording_hidden: &'static str,
    pub(super) recording_pending: &'static str,
    pub(super) recording_erased: &'static str,
    pub(super) recording_away: &'static str,
    pub(super) recording_agreed: &'static str,
    pub(super) who_is_left_and_right: &'static str,
    pub(super) listen_from: &'static str,
    pub(super) timeline: &'static str,
    pub(super) events: &'static str,
    pub(super) question: &'static str,
    pub(super) questions: &'static str,
    pub(super) answer: &'static str,
    pub(super) source: &'static str,
    pub(super) conflict: &'static str,
    pub(super) hidden: &'static str,
    pub(super) agent: &'static str,
    pub(super) interrupted: &'static str,
    pub(super) began: &'static str,
    pub(super) picked_up: &'static str,
    pub(super) ended: &'static str,
    pub(super) outcome: &'static str,
    pub(super) when: &'static str,
    pub(super) what: &'static str,
    pub(super) delivered: &'static str,
    pub(super) given_up: &'static str,
    pub(super) on_its_way: &'static str,
    pub(super) name: &'static str,
    pub(super) rows: &'static str,
    pub(super) made: &'static str,
    pub(super) ends: &'static str,
    pub(super) rows_done: &'static str,
    pub(super) calls_that_go_on: &'static str,
    pub(super) dials: &'static str,
    pub(super) since_last_dial: &'static str,
    pub(super) start: &'static str,
    pub(super) pause: &'static str,
    pub(super) resume: &'static str,
    pub(super) cancel_campaign: &'static str,
    pub(super) plan: &'static str,
    pub(super) hours: &'static str,
    pub(super) at_once: &'static str,
    pub(super) dials_a_minute: &'static str,
    pub(super) retries: &'static str,
    pub(super) today: &'static str,
    pub(super) week: &'static str,
    pub(super) month: &'static str,
    pub(super) complete_records: &'static str,
    pub(super) cost: &'static str,
    pub(super) cost_of_carrier: &'static str,
    pub(super) cost_of_agent: &'static str,
    pub(super) cost_per_call: &'static str,
    pub(super) cost_per_record: &'static str,
    pub(super) carrier_minutes: &'static str,
    pub(super) agent_minutes: &'static str,
    pub(super) about_cost: &'static str,
    pub(super) costs: &'static str,
    pub(super) no_prices: &'static str,
    pub(super) by_hour: &'static str,
    pub(super) hour: &'static str,
    pub(super) answered: &'static str,
    pub(super) of_completed: &'static str,
    pub(super) causes: &'static str,
    pub(super) earlier_calls: &'static str,
    pub(super) opt_outs: &'static str,
    pub(super) never_call_again: &'static str,
    pub(super) last_dial: &'static str,
    pub(super) next_page: &'static str,
    pub(super) forecast: &'static str,
    pub(super) about_forecast: &'static str,
    pub(super) likely: &'static str,
    pub(super) at_worst: &'static str,
    pub(super) done: &'static str,
    pub(super) minutes: &'static str,
    pub(super) rows_reached: &'static str,
    pub(super) rows_not_reached: &'static str,
    pub(super) rows_not_fitting: &'static str,
    pub(super) not_before_its_end: &'static str,
    pub(super) from_calls: &'static str,
    pub(super) all_rows: &'static str,
    pub(super) lanes: &'static str,
    pub(super) saved: &'static str,
    pub(super) since_turn: &'static str,
    pub(super) summary: &'static str,
    pub(super) drop_off: &'static str,
    pub(super) asked: &'static str,
    pub(super) passed: &'static str,
    pub(super) hung_up_here: &'static str,
    pub(super) who_speaks: &'static str,
    pub(super) nobody: &'static str,
    pub(super) audio: &'static str,
    pub(super) clean: &'static str,
    pub(super) gaps: &'static str,
    pub(super) carried: &'static str,
    pub(super) no_report: &'static str,
    pub(super) stream: &'static str,
    pub(super) not_heard_for: &'static str,
}

impl Words {
    pub(super) const ALL: [&'static Self; 2] = [&english::WORDS, &hindi::WORDS];

    /// Those of a language, by its code.
    pub(super) fn of(code: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|words| words.code == code)
    }

    /// The name of a question, or what the summary of a conversation is called.
    pub(super) fn field<'a>(&self, name: &'a str) -> &'a str {
        if name == SUMMARY { self.summary } else { name }
    }

    pub(super) fn call_state(&self, state: CallState) -> &'static str {
        (self.call_states)(state)
    }

    pub(super) fn cause(&self, cause: EndCause) -> &'static str {
        (self.end_causes)(cause)
    }

    /// Whose voice is heard.
    pub(super) fn voice(&self, voice: Voice) -> &'static str {
        match voice {
            Voice::Agent => self.agent,
            Voice::Callee => self.patient,
            Voice::Nobody => self.nobody,
        }
    }

    /// Why something was not heard.
    pub(super) fn gap_reason(&self, reason: GapReason) -> &'static str {
        (self.gap_reasons)(reason)
    }

    pub(super) fn campaign_state(&self, state: State) -> &'static str {
        (self.campaign_states)(state)
    }

    pub(super) fn row_state(&self, state: RowState) -> &'static str {
        (self.row_states)(state)
    }
}

impl Default for &'static Words {
    fn default() -> Self {
        &english::WORDS
    }
}
