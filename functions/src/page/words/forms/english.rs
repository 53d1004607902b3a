//! What the forms of a campaign say, in English.

use super::{Forms, field};

pub(in crate::page::words) const ENGLISH: Forms = Forms {
    new_campaign: "New campaign",
    nothing_rings: "Nothing rings before you start the campaign: first you see how the file was understood.",
    needs_script: "A file can be brought here only where the browser runs scripts. Without them: cargo run -- campaign import FILE",
    name: field("Name", "What people call the campaign."),
    file: field(
        "Spreadsheet",
        ".xlsx, .csv or .tsv, at most 15 MB. The first row names the columns; there must be one for the telephone number and one for the patient's name. The agent is told all others.",
    ),
    phone_column: field(
        "Column to dial",
        "Its header, if several could be meant. Empty: the one that is known.",
    ),
    sheet: field(
        "Sheet",
        "Its name. Empty: the first one that is to be seen.",
    ),
    delimiter: field("Between cells", "In a CSV file."),
    as_the_file_is: "as the file has it",
    tab: "tab",
    how_it_is_read: "How the file is read",
    how_it_is_called: "How people are called",
    class: field(
        "Kind of calls",
        "Service calls are about the patient's own treatment and sell nothing. Promotional ones need each patient's consent and a number of the series 140, and ring from 10:00 to 21:00 at most.",
    ),
    service: "service",
    promotional: "promotional",
    from: field("Phones ring from", "On the clock of the place below."),
    to: field("until", "Midnight (00:00) is the end of the day."),
    zone: field("Place of the clock", "For example Asia/Kolkata."),
    days: field("Days", "On no other day a phone rings."),
    week: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    holidays: field(
        "Holidays",
        "Days on which nobody is called: 2026-12-25 2027-01-26",
    ),
    concurrency: field(
        "Calls at once",
        "Most phones of this campaign that ring or are talked on together, 1 to 1,000.",
    ),
    pace: field(
        "Dials a minute",
        "Most of them, 1 to 6,000. Empty: as fast as there are channels.",
    ),
    retries: field(
        "Retries",
        "How often a patient is called again over all reasons, 0 to 9.",
    ),
    priority: field(
        "Priority",
        "Who goes first where campaigns share channels: the higher, 0 to 9.",
    ),
    until: field(
        "The campaign ends",
        "No phone rings from this moment on, by the same clock; at most 90 days ahead.",
    ),
    caller: field(
        "Number that is shown",
        "Empty: the usual one. Promotional calls need one of the series 140: +91140 and seven digits.",
    ),
    recorded: field(
        "Record the calls",
        "Only if every patient of the file agreed to it. The agent tells them so.",
    ),
    number: field(
        "Number",
        "Ten digits of an Indian number, or + and the code of another country.",
    ),
    bring: "Bring the file: nobody is called yet",
    bring_another: "Bring the corrected file in its place",
    sending: "Sending part {n} of {of}",
    sent: "The file is there and is being read.",
    too_large: "The file is larger than 15 MB: part it into several campaigns.",
    no_answer: "The server does not answer. Press the button again: what is there is not sent twice.",
    the_file: "The file",
    refused: "No row was looked at, because of the file as a whole:",
    look: "To be looked at:",
    column: "Column",
    header: "Header",
    meaning: "Understood as",
    meanings: meaning,
    rows_read: "rows read so far",
    shared_numbers: "rows that share their number with another patient, and are called one after the other",
    round_numbers: "numbers that end in six zeros (has Excel thrown away their last digits?)",
    rows_with_errors: "Rows with errors",
    to_be_corrected: "They are not called, and everybody else is. To call them too, correct them in the file, cancel this campaign, and",
    none_can_be_called: "None of its rows can be called.",
    bring_corrected: "bring the corrected file as a new one with the same plan",
    plan_of_campaign: "Change the plan",
    change_plan: "Set this plan: it holds at once for {rows} people who are not done",
    retry_failed: "Call {failed} people again who were not reached (round {round})",
    results: "Results",
    about_results: "A spreadsheet with each row as it was, how its call ended, and a column for each question. It holds patients' data, and it is noted who takes it.",
    download: "Download the results of {rows} rows",
    download_part: "Download the results of rows {from} to {to}",
    results_too_large: "These rows hold too much for the page. The whole is written by: cargo run -- campaign results",
};

fn meaning(word: &str) -> &'static str {
    match word {
        "phone" => "telephone number",
        "name" => "patient's name",
        "patient id" => "patient's id",
        "language" => "language",
        "treatment" => "treatment",
        "consent source" => "where consent was given",
        "consent time" => "when consent was given",
        "consent purpose" => "what the consent is for",
        "consent text" => "words of the consent",
        "variable" => "told to the agent",
        "errors" => "errors of an earlier check: not read",
        _ => "no header: not read",
    }
}
