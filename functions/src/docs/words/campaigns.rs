//! Words of a campaign and its rows.

use super::Words;

pub(super) const WORDS: &[Words] = &[
    (
        "State",
        &[
            ("draft", "has a plan and no rows"),
            ("importing", "its rows are being read"),
            ("ready", "its rows were read, and nobody has started it"),
            (
                "running",
                "rows are called, when hours, pace and channels allow",
            ),
            (
                "paused",
                "no further row is called until somebody resumes it",
            ),
            ("completed", "every row has ended"),
            ("cancelled", "somebody ended it; final"),
            ("expired", "its time was over; final"),
        ],
    ),
    (
        "Ended",
        &[
            ("completed", "ended as intended"),
            ("failed", "ended without a conversation that counts"),
            ("unfinished", "has not ended"),
        ],
    ),
    (
        "PausedBy",
        &[
            ("person", "somebody paused it"),
            ("refusals", "the carrier refused one dial after the other"),
        ],
    ),
    (
        "RowState",
        &[
            ("pending", "waits for its turn"),
            ("dialling", "has a call that has not ended"),
            ("reached", "somebody was talked to"),
            (
                "failed",
                "nobody was; `retry-failed` gives it another round",
            ),
            (
                "cancelled",
                "the campaign or the row's call was cancelled, or its patient is to be erased",
            ),
            ("expired", "the campaign ended before its turn"),
            ("opted_out", "its number wants no calls"),
            ("faulty", "something is wrong with it; never called"),
            (
                "duplicate",
                "its patient stands in an earlier row; never called",
            ),
        ],
    ),
    (
        "Class",
        &[
            ("service", "sells nothing"),
            (
                "promotional",
                "each row needs consent; 10:00 to 21:00 at most, a number of the series 140",
            ),
        ],
    ),
    (
        "Origin",
        &[
            ("query", "the request says so"),
            ("history", "earlier calls tell it"),
            ("assumed", "nobody knows"),
        ],
    ),
];
