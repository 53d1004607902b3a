//! What the forms of a campaign say: each field with what it means.

mod english;
mod hindi;

pub(super) use english::ENGLISH;
pub(super) use hindi::HINDI;

/// A field of a form, and what it means.
pub(in crate::page) struct Field {
    pub(in crate::page) label: &'static str,
    pub(in crate::page) means: &'static str,
}

const fn field(label: &'static str, means: &'static str) -> Field {
    Field { label, means }
}

/// What is said where a campaign is made, in one language.
pub(in crate::page) struct Forms {
    pub(in crate::page) new_campaign: &'static str,
    pub(in crate::page) nothing_rings: &'static str,
    pub(in crate::page) needs_script: &'static str,
    pub(in crate::page) name: Field,
    pub(in crate::page) file: Field,
    pub(in crate::page) phone_column: Field,
    pub(in crate::page) sheet: Field,
    pub(in crate::page) delimiter: Field,
    pub(in crate::page) as_the_file_is: &'static str,
    pub(in crate::page) tab: &'static str,
    pub(in crate::page) how_it_is_read: &'static str,
    pub(in crate::page) how_it_is_called: &'static str,
    pub(in crate::page) class: Field,
    pub(in crate::page) service: &'static str,
    pub(in crate::page) promotional: &'static str,
    pub(in crate::page) from: Field,
    pub(in crate::page) to: Field,
    pub(in crate::page) zone: Field,
    pub(in crate::page) days: Field,
    pub(in crate::page) week: [&'static str; 7],
    pub(in crate::page) holidays: Field,
    pub(in crate::page) concurrency: Field,
    pub(in crate::page) pace: Field,
    pub(in crate::page) retries: Field,
    pub(in crate::page) priority: Field,
    pub(in crate::page) until: Field,
    pub(in crate::page) caller: Field,
    pub(in crate::page) recorded: Field,
    /// Of who wants no calls.
    pub(in crate::page) number: Field,
    pub(in crate::page) bring: &'static str,
    pub(in crate::page) bring_another: &'static str,
    /// `{n}` of `{of}` parts.
    pub(in crate::page) sending: &'static str,
    pub(in crate::page) sent: &'static str,
    pub(in crate::page) too_large: &'static str,
    pub(in crate::page) no_answer: &'static str,
    pub(in crate::page) the_file: &'static str,
    pub(in crate::page) refused: &'static str,
    pub(in crate::page) look: &'static str,
    pub(in crate::page) column: &'static str,
    pub(in crate::page) header: &'static str,
    pub(in crate::page) meaning: &'static str,
    /// What a column means, by the word that is stored.
    pub(in crate::page) meanings: fn(&str) -> &'static str,
    pub(in crate::page) rows_read: &'static str,
    pub(in crate::page) shared_numbers: &'static str,
    pub(in crate::page) round_numbers: &'static str,
    pub(in crate::page) rows_with_errors: &'static str,
    pub(in crate::page) to_be_corrected: &'static str,
    pub(in crate::page) none_can_be_called: &'static str,
    pub(in crate::page) bring_corrected: &'static str,
    pub(in crate::page) plan_of_campaign: &'static str,
    pub(in crate::page) change_plan: &'static str,
    pub(in crate::page) retry_failed: &'static str,
    pub(in crate::page) results: &'static str,
    pub(in crate::page) about_results: &'static str,
    pub(in crate::page) download: &'static str,
    pub(in crate::page) download_part: &'static str,
    pub(in crate::page) results_too_large: &'static str,
}
